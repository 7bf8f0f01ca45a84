// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice Holds all stakes. An account is a role (the registry that governs it) and an address.
interface IStakeVault {
    event Deposited(address indexed role, address indexed account, uint256 amount);
    event Bonded(address indexed role, address indexed account, uint256 amount);
    event Unbonding(address indexed role, address indexed account, uint256 amount, uint64 releaseAt);
    event Withdrawn(address indexed role, address indexed account, uint256 amount);
    event Slashed(address indexed role, address indexed account, uint256 amount, uint256 bounty, address bountyTo);

    function deposit(address role, uint256 amount) external;
    function withdraw(address role) external returns (uint256 amount);
    /// @notice Active plus unbonding: what can be slashed.
    function slashable(address role, address account) external view returns (uint256);
    function activeStake(address role, address account) external view returns (uint256);
    function unbondingOf(address role, address account) external view returns (uint256 amount, uint64 releaseAt);
    /// @notice Slashable at a time past (unix seconds); where there was none yet, the first that came after.
    function slashableAt(address role, address account, uint64 time) external view returns (uint256);
}
