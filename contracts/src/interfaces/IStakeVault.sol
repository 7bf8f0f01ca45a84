// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice Holds the stakes of verifiers and providers. All amounts are in wei of the stake token.
/// @dev An account is a pair of a role and an address. The role is the registry that governs the account. Tokens of an
///      account are free (deposited and not bonded), active (bonded by the role) or unbonding (until `releaseAt`).
///      Active and unbonding tokens can be slashed until their owner withdraws them.
interface IStakeVault {
    /// @notice The two roles and their slashers.
    struct Roles {
        /// @notice The registry that governs the stakes of providers
        address providerRegistry;
        /// @notice The only account that slashes providers
        address slashingManager;
        /// @notice The registry that governs the bonds of verifiers
        address verifierRegistry;
        /// @notice The only account that slashes verifiers
        address equivocationSlasher;
    }

    // ------------------------------------------------------------------ events

    /// @notice Emitted when an owner deposits tokens.
    /// @param role The role that governs the account
    /// @param account The owner
    /// @param amount The tokens deposited, in wei
    event Deposited(address indexed role, address indexed account, uint256 amount);

    /// @notice Emitted when a role makes free tokens active.
    /// @param role The role that governs the account
    /// @param account The owner
    /// @param amount The tokens bonded, in wei
    event Bonded(address indexed role, address indexed account, uint256 amount);

    /// @notice Emitted when a role starts the unbonding of an account.
    /// @param role The role that governs the account
    /// @param account The owner
    /// @param amount The tokens that start unbonding, in wei
    /// @param releaseAt The time from which the owner can withdraw them, in unix seconds
    event Unbonding(address indexed role, address indexed account, uint256 amount, uint64 releaseAt);

    /// @notice Emitted when an owner withdraws tokens.
    /// @param role The role that governs the account
    /// @param account The owner
    /// @param amount The tokens paid out, in wei
    event Withdrawn(address indexed role, address indexed account, uint256 amount);

    /// @notice Emitted when the slashing manager slashes an account.
    /// @param role The role that governs the account
    /// @param account The owner
    /// @param amount The tokens slashed, in wei
    /// @param bounty The part of `amount` that was paid as a bounty, in wei; the vault burns the rest
    /// @param bountyTo The receiver of the bounty
    event Slashed(address indexed role, address indexed account, uint256 amount, uint256 bounty, address bountyTo);

    // ------------------------------------------------------------------ errors

    /// @notice Thrown by `deposit` if the amount is zero.
    error ZeroAmount();

    /// @notice Thrown by `bond` if the account has no free tokens, or fewer than the role asks for. Deposit first.
    /// @param role The calling role
    /// @param account The owner
    /// @param free The free tokens, in wei
    /// @param needed The tokens that the role asked for, in wei
    error InsufficientDeposit(address role, address account, uint256 free, uint256 needed);

    /// @notice Thrown by `unbond` if the account has no active tokens.
    /// @param role The calling role
    /// @param account The owner
    error NothingActive(address role, address account);

    /// @notice Thrown by `withdraw` if no tokens are free and no unbonding is over.
    /// @param role The role that governs the account
    /// @param account The caller
    /// @param releaseAt The end of the unbonding, in unix seconds, or zero if no tokens are unbonding
    error NothingToWithdraw(address role, address account, uint64 releaseAt);

    /// @notice Thrown by `slash` if the caller is not the slashing manager.
    /// @param caller The caller
    error NotSlashingManager(address caller);

    // ------------------------------------------------------------------ the account

    /// @notice Takes tokens from the caller into its account, as free tokens. Any account may call.
    /// @dev The caller must first approve the vault at the token. Reverts with `ZeroAmount`, if the free tokens would
    ///      exceed 96 bits, or if the token refuses the transfer.
    /// @param role The role that governs the account
    /// @param amount The tokens to deposit, in wei
    function deposit(address role, uint256 amount) external;

    /// @notice Pays the caller its free tokens, and its unbonding tokens if their unbonding is over.
    /// @dev Reverts with `NothingToWithdraw`.
    /// @param role The role that governs the account
    /// @return amount The tokens paid out, in wei
    function withdraw(address role) external returns (uint256 amount);

    // ------------------------------------------------------------------ the role

    /// @notice Makes free tokens of an account active. The caller is the role, so a role reaches its own accounts only.
    /// @dev Reverts with `InsufficientDeposit`, or with `WeekStarts.BalanceTooLarge` if the stake exceeds what the
    ///      weekly record can hold.
    /// @param account The owner
    /// @param amount The tokens to bond, in wei; zero bonds all free tokens
    /// @return bonded The tokens bonded, in wei
    function bond(address account, uint256 amount) external returns (uint256 bonded);

    /// @notice Starts the unbonding of all active tokens of an account. The caller is the role.
    /// @dev Tokens that were unbonding before wait for the new release time too. Reverts with `NothingActive`.
    /// @param account The owner
    function unbond(address account) external;

    // ------------------------------------------------------------------ the slashing manager

    /// @notice Slashes an account: pays a bounty and burns the rest. Only the slashing manager may call.
    /// @dev Takes active tokens first, then unbonding tokens. Reverts with `NotSlashingManager`.
    /// @param role The role that governs the account
    /// @param account The owner
    /// @param amount The most tokens to take, in wei
    /// @param refund The most tokens to pay to `refundTo`, in wei
    /// @param refundTo The receiver of the refund
    /// @return charged The tokens taken, in wei; less than `amount` if less can be slashed
    /// @return refunded The tokens paid to `refundTo`, in wei
    function slash(
        address role,
        address account,
        uint256 amount,
        uint256 refund,
        address refundTo
    ) external returns (uint256 charged, uint256 refunded);

    // ------------------------------------------------------------------ views

    /// @notice The tokens of an account that can be slashed: active plus unbonding.
    /// @param role The role that governs the account
    /// @param account The owner
    /// @return The tokens in wei
    function slashable(address role, address account) external view returns (uint256);

    /// @notice The free tokens of an account.
    /// @param role The role that governs the account
    /// @param account The owner
    /// @return The tokens in wei
    function freeOf(address role, address account) external view returns (uint256);

    /// @notice The active tokens of an account.
    /// @param role The role that governs the account
    /// @param account The owner
    /// @return The tokens in wei
    function activeStake(address role, address account) external view returns (uint256);

    /// @notice The unbonding tokens of an account.
    /// @param role The role that governs the account
    /// @param account The owner
    /// @return amount The tokens in wei
    /// @return releaseAt The time from which the owner can withdraw them, in unix seconds, or zero if there are none
    function unbondingOf(address role, address account) external view returns (uint256 amount, uint64 releaseAt);

    /// @notice The tokens of an account that could be slashed at the start of a week: the base of the week's penalties.
    /// @dev The vault keeps the week of the last change and the two weeks before; it reverts with
    ///      `WeekStarts.WeekTooOld` for an earlier week. The first balance also stands for the weeks before it.
    /// @param week The week: unix time / 7 days
    /// @param role The role that governs the account
    /// @param account The owner
    /// @return The tokens in wei, rounded down to 10^9 wei
    function slashableAtStartOf(uint64 week, address role, address account) external view returns (uint256);

    /// @notice The address that withdrawals of an account pay.
    /// @param role The role that governs the account
    /// @param account The owner
    /// @return The withdrawal address; the account itself if it has set none
    function withdrawalAddressOf(address role, address account) external view returns (address);

    /// @notice The time from unbonding to release, fixed at deployment.
    /// @return The time in seconds
    function unbondingSeconds() external view returns (uint64);
}
