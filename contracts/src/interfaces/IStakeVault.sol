// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice Holds all stakes. An account is a role (the registry that governs it) and an address. Its tokens are free
///         (deposited, may be withdrawn), active (bonded by the role) or unbonding (until `releaseAt`). What is active
///         or unbonding can be slashed, until the moment it is withdrawn.
interface IStakeVault {
    event Deposited(address indexed role, address indexed account, uint256 amount);
    event Bonded(address indexed role, address indexed account, uint256 amount);
    event Unbonding(address indexed role, address indexed account, uint256 amount, uint64 releaseAt);
    event Withdrawn(address indexed role, address indexed account, uint256 amount);
    event Slashed(address indexed role, address indexed account, uint256 amount, uint256 bounty, address bountyTo);

    error ZeroAmount();
    /// @notice Less is free than the role asks for; deposit first.
    error InsufficientDeposit(address role, address account, uint256 free, uint256 needed);
    error NothingActive(address role, address account);
    /// @notice `releaseAt` is when unbonding tokens become free (unix seconds), 0 where none are unbonding.
    error NothingToWithdraw(address role, address account, uint64 releaseAt);
    error NotSlashingManager(address caller);

    // ------------------------------------------------------------------ the account

    /// @notice Takes tokens (after `approve`) into the caller's account under `role`, free until the role bonds them.
    function deposit(address role, uint256 amount) external;
    /// @notice Pays out all that is free and all whose unbonding is over.
    function withdraw(address role) external returns (uint256 amount);

    // ------------------------------------------------------------------ the role (caller)

    /// @notice Makes free tokens active. `amount` 0 bonds all that is free.
    function bond(address account, uint256 amount) external returns (uint256 bonded);
    /// @notice Starts the unbonding of all that is active.
    function unbond(address account) external;

    // ------------------------------------------------------------------ the slashing manager

    /// @notice Takes at most `amount`, from active tokens first. `bountyBps` of what was taken goes to `bountyTo`, the
    ///         rest is burned.
    function slash(
        address role,
        address account,
        uint256 amount,
        uint16 bountyBps,
        address bountyTo
    ) external returns (uint256 charged, uint256 bounty);

    // ------------------------------------------------------------------ views

    /// @notice Active plus unbonding: what can be slashed.
    function slashable(address role, address account) external view returns (uint256);
    function freeOf(address role, address account) external view returns (uint256);
    function activeStake(address role, address account) external view returns (uint256);
    function unbondingOf(address role, address account) external view returns (uint256 amount, uint64 releaseAt);
    /// @notice Slashable at the start of a week (unix time / 7 days), rounded down to 10^9 wei; where there was none
    ///         yet, the first that came after. Known for three weeks: the one of the last change and the two before.
    function slashableAtStartOf(uint64 week, address role, address account) external view returns (uint256);
    function unbondingSeconds() external view returns (uint64);
}
