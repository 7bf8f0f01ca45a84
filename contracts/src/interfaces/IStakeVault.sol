// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ERC20Burnable} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";

/// @notice Holds the stakes of verifiers and providers. All amounts are in wei: the smallest unit of the stake token.
/// @dev An account is a pair of a role and an address. The role is the registry that governs the account. Tokens of an
///      account are free (deposited and not bonded), active (bonded by the role) or unbonding (until `releaseAt`).
///      Active and unbonding tokens can be slashed until they are withdrawn. Withdrawals pay the account's withdrawal
///      address, so that the key that a node needs every day cannot take the stake.
interface IStakeVault {
    /// @notice A share of an account's balance at the start of a week.
    struct Share {
        /// @notice The owner
        address account;
        /// @notice The week's shares that were slashed before, in basis points
        uint16 beforeBps;
        /// @notice The week's shares with this one, in basis points
        uint16 totalBps;
    }

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

    /// @notice Emitted when tokens are withdrawn.
    /// @param role The role that governs the account
    /// @param account The owner
    /// @param amount The tokens paid out, in wei
    /// @param to The withdrawal address, which received them
    event Withdrawn(address indexed role, address indexed account, uint256 amount, address to);

    /// @notice Emitted when an account gets its withdrawal address, or another one.
    /// @param role The role that governs the account
    /// @param account The owner
    /// @param to The address that withdrawals pay from now on
    event WithdrawalAddressSet(address indexed role, address indexed account, address to);

    /// @notice Emitted when an account is slashed.
    /// @param role The role that governs the account
    /// @param account The owner
    /// @param amount The tokens slashed, in wei
    /// @param refunded The part of `amount` that was refunded to the caller of the slasher, in wei; the vault burns the rest
    event Slashed(address indexed role, address indexed account, uint256 amount, uint256 refunded);

    // ------------------------------------------------------------------ errors

    /// @notice Thrown at deployment if a parameter is zero.
    /// @param name The name of the parameter
    error ZeroParameter(string name);

    /// @notice Thrown at deployment if both roles are the same registry.
    /// @param role The registry
    error SameRole(address role);

    /// @notice Thrown by `deposit` if the role is neither registry. Nobody could bond the tokens.
    /// @param role The role
    error UnknownRole(address role);

    /// @notice Thrown by `deposit` if the amount is zero.
    error ZeroAmount();

    /// @notice Thrown by `deposit` if the account would hold more than `maximumBalance`. Use a second account.
    /// @param balance The account's tokens before the deposit, in wei
    /// @param amount The tokens to deposit, in wei
    /// @param maximum The most tokens that an account can hold, in wei
    error BalanceTooLarge(uint256 balance, uint256 amount, uint256 maximum);

    /// @notice Thrown by `deposit` if the token moved another amount, such as one that keeps a fee of each transfer.
    /// @param amount The tokens to deposit, in wei
    /// @param received The tokens that arrived, in wei
    error TransferNotExact(uint256 amount, uint256 received);

    /// @notice Thrown by `bond` if the account has no free tokens, or fewer than the role asks for. Deposit first.
    /// @param role The calling role
    /// @param account The owner
    /// @param free The free tokens, in wei
    /// @param needed The tokens that the role asked for, in wei
    error InsufficientDeposit(address role, address account, uint256 free, uint256 needed);

    /// @notice Thrown by `withdraw` if the caller is neither the account nor its withdrawal address.
    /// @param role The role that governs the account
    /// @param account The owner
    /// @param caller The caller
    error NotOwner(address role, address account, address caller);

    /// @notice Thrown by `withdraw` if no tokens are free and no unbonding is over.
    /// @param role The role that governs the account
    /// @param account The owner
    /// @param releaseAt The end of the unbonding, in unix seconds, or zero if no tokens are unbonding
    error NothingToWithdraw(address role, address account, uint64 releaseAt);

    /// @notice Thrown by `setWithdrawalAddress` if the caller is not the present withdrawal address.
    /// @param role The role that governs the account
    /// @param account The owner
    /// @param caller The caller
    /// @param present The present withdrawal address, or zero before the first bond, which sets it
    error NotWithdrawalAddress(address role, address account, address caller, address present);

    /// @notice Thrown if a withdrawal address could never use the tokens: zero, or the vault.
    /// @param to The address
    error InvalidWithdrawalAddress(address to);

    /// @notice Thrown by `slash` if the caller is not the role's slasher.
    /// @param role The role that governs the account
    /// @param caller The caller
    error NotSlasher(address role, address caller);

    // ------------------------------------------------------------------ the account

    /// @notice Takes tokens from the caller into its account, as free tokens. Any account may call.
    /// @dev The caller must first approve the vault at the token. Reverts with `UnknownRole`, `ZeroAmount`,
    ///      `BalanceTooLarge` or `TransferNotExact`, or if the token refuses the transfer.
    /// @param role The role that governs the account
    /// @param amount The tokens to deposit, in wei
    function deposit(address role, uint256 amount) external;

    /// @notice Pays an account's free tokens to its withdrawal address, and its unbonding tokens if their unbonding is
    ///         over. The account or its withdrawal address may call.
    /// @dev Reverts with `NotOwner` or `NothingToWithdraw`.
    /// @param role The role that governs the account
    /// @param account The owner
    /// @return amount The tokens paid out, in wei
    function withdraw(address role, address account) external returns (uint256 amount);

    /// @notice Replaces the withdrawal address of an account. Only the present withdrawal address may call.
    /// @dev Before the first bond there is none, so nobody can prepare one. Reverts with `NotWithdrawalAddress` or
    ///      `InvalidWithdrawalAddress`.
    /// @param role The role that governs the account
    /// @param account The owner
    /// @param to The address that withdrawals pay from now on
    function setWithdrawalAddress(address role, address account, address to) external;

    // ------------------------------------------------------------------ the role

    /// @notice Makes free tokens of an account active. The caller is the role, so a role reaches its own accounts only.
    /// @dev The first bond sets the withdrawal address; later ones leave it. Reverts with `InsufficientDeposit` or
    ///      `InvalidWithdrawalAddress`.
    /// @param account The owner
    /// @param amount The tokens to bond, in wei; zero bonds all free tokens
    /// @param withdrawalAddress The address that withdrawals pay, if none is set; zero stands for the account itself
    /// @return bonded The tokens bonded, in wei
    function bond(address account, uint256 amount, address withdrawalAddress) external returns (uint256 bonded);

    /// @notice Starts the unbonding of all active tokens of an account, if it has any. The caller is the role.
    /// @dev Tokens that were unbonding before wait for the new release time too.
    /// @param account The owner
    function unbond(address account) external;

    // ------------------------------------------------------------------ the slashers

    /// @notice Slashes an account: pays a refund and burns the rest. Only the slasher of the role may call.
    /// @dev Takes active tokens first, then unbonding tokens. Reverts with `NotSlasher`.
    /// @param role The role that governs the account
    /// @param account The owner
    /// @param amount The most tokens to take, in wei
    /// @param refund The most tokens of the charge to pay to `refundTo`, in wei
    /// @param refundTo The receiver of the refund
    /// @return charged The tokens taken, in wei; less than `amount` if less can be slashed
    /// @return refunded The refund, in wei; less than `refund` if less was charged
    function slash(
        address role,
        address account,
        uint256 amount,
        uint256 refund,
        address refundTo
    ) external returns (uint256 charged, uint256 refunded);

    /// @notice Slashes shares of several accounts: pays one refund for each and burns the rest, with one call of the
    ///         token for all. Only the slasher of the role may call.
    /// @dev Reverts with `NotSlasher`, or with `WeekStarts.WeekTooOld` if the vault no longer knows the base.
    /// @param role The role that governs the accounts
    /// @param week The week whose base the shares are of: unix time / 7 days
    /// @param shares The shares, each of an account's `slashableAtStartOf`
    /// @param limitBps The most to take from all accounts in the week, of the role's `totalAtStartOf`; the first come first
    /// @param taken What was taken of that before, in wei
    /// @param refund The most to pay out of each charge, in wei
    /// @param refundTo The receiver of the refunds
    /// @return charges The tokens taken from each account, in wei
    /// @return sum All of them together, in wei
    function slashShares(
        address role,
        uint64 week,
        Share[] calldata shares,
        uint16 limitBps,
        uint256 taken,
        uint256 refund,
        address refundTo
    ) external returns (uint256[] memory charges, uint256 sum);

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

    /// @notice The address that withdrawals of an account pay.
    /// @param role The role that governs the account
    /// @param account The owner
    /// @return The address; the account itself before the first bond
    function withdrawalAddressOf(address role, address account) external view returns (address);

    /// @notice The tokens of an account that could be slashed at the start of a week: the base of the week's penalties.
    /// @dev The vault keeps the week of the last change and the two weeks before; it reverts with
    ///      `WeekStarts.WeekTooOld` for an earlier week. The first balance also stands for the weeks before it.
    /// @param week The week: unix time / 7 days
    /// @param role The role that governs the account
    /// @param account The owner
    /// @return atStart The tokens in wei, rounded down to 10^-9 tokens
    /// @return left What is left of them, in wei: see `slashable`
    function slashableAtStartOf(
        uint64 week,
        address role,
        address account
    ) external view returns (uint256 atStart, uint256 left);

    /// @notice The tokens of all accounts of a role that could be slashed at the start of a week. The first balance of an
    ///         account also stands for the weeks before it, as in `slashableAtStartOf`.
    /// @dev The vault keeps the week of the last change and the two weeks before; it reverts with
    ///      `RoleTotals.WeekTooOld` for an earlier week.
    /// @param week The week: unix time / 7 days
    /// @param role The role that governs the accounts
    /// @return The tokens in wei; each account is rounded down to 10^-6 tokens
    function totalAtStartOf(uint64 week, address role) external view returns (uint256);

    /// @notice The stake token, fixed at deployment.
    /// @return The token
    function token() external view returns (ERC20Burnable);

    /// @notice The registry that governs the stakes of providers, fixed at deployment.
    /// @return The registry
    function providerRegistry() external view returns (address);

    /// @notice The only account that slashes providers, fixed at deployment.
    /// @return The account
    function slashingManager() external view returns (address);

    /// @notice The registry that governs the bonds of verifiers, fixed at deployment.
    /// @return The registry
    function verifierRegistry() external view returns (address);

    /// @notice The only account that slashes verifiers, fixed at deployment.
    /// @return The account
    function equivocationSlasher() external view returns (address);

    /// @notice The most tokens that an account can hold under a role: 2^64 - 1 units of its weekly record.
    /// @return The tokens in wei
    function maximumBalance() external view returns (uint256);

    /// @notice The time from unbonding to release, fixed at deployment.
    /// @return The time in seconds
    function unbondingSeconds() external view returns (uint64);
}
