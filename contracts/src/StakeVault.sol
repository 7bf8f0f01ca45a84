// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ERC20Burnable} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IStakeVault} from "./interfaces/IStakeVault.sol";
import {WeekStarts} from "./libraries/WeekStarts.sol";

/// @notice Holds all stakes of the network. Only an account's role bonds and unbonds its tokens. Only the slashing
///         manager slashes. The vault has no owner, so nobody else can move a token.
/// @dev The token's holders must be able to burn it (ERC20Burnable), and a transfer must move the exact amount. Each
///      call writes all state before it calls the token. So a token that calls back finds consistent accounts.
contract StakeVault is IStakeVault {
    using SafeERC20 for ERC20Burnable;
    using SafeCast for uint256;
    using WeekStarts for WeekStarts.History;

    /// @notice The tokens of one owner under one role, in wei.
    /// @dev 96 bits hold 79 billion tokens of 18 decimals. They also let a slash write a single slot of amounts.
    struct Account {
        uint96 active;
        uint96 unbonding;
        uint64 releaseAt;
        uint96 free;
        WeekStarts.History history; // of the sum of active and unbonding
    }

    /// @notice The stake token.
    ERC20Burnable public immutable token;
    /// @notice The roles, and the only account that slashes each.
    address public immutable providerRegistry;
    address public immutable slashingManager;
    address public immutable verifierRegistry;
    address public immutable equivocationSlasher;
    /// @inheritdoc IStakeVault
    uint64 public immutable unbondingSeconds;

    mapping(address role => mapping(address account => Account)) private _accounts;

    /// @param token_ The stake token
    /// @param roles The registries that govern accounts, and their slashers
    /// @param unbondingSeconds_ The time from unbonding to release, in seconds
    constructor(ERC20Burnable token_, Roles memory roles, uint64 unbondingSeconds_) {
        token = token_;
        providerRegistry = roles.providerRegistry;
        slashingManager = roles.slashingManager;
        verifierRegistry = roles.verifierRegistry;
        equivocationSlasher = roles.equivocationSlasher;
        unbondingSeconds = unbondingSeconds_;
    }

    // ------------------------------------------------------------------ the account

    /// @inheritdoc IStakeVault
    function deposit(address role, uint256 amount) external {
        if (amount == 0) revert ZeroAmount();
        _accounts[role][msg.sender].free += amount.toUint96();
        emit Deposited(role, msg.sender, amount);
        token.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc IStakeVault
    function withdraw(address role) external returns (uint256 amount) {
        Account storage account = _accounts[role][msg.sender];
        amount = account.free;
        account.free = 0;
        if (account.unbonding > 0 && account.releaseAt <= block.timestamp) {
            uint256 balance = uint256(account.active) + account.unbonding;
            account.history.beforeChange(balance, account.active);
            amount += account.unbonding;
            account.unbonding = 0;
            account.releaseAt = 0;
        }
        if (amount == 0) revert NothingToWithdraw(role, msg.sender, account.releaseAt);
        emit Withdrawn(role, msg.sender, amount);
        token.safeTransfer(msg.sender, amount);
    }

    // ------------------------------------------------------------------ the role

    /// @inheritdoc IStakeVault
    function bond(address account, uint256 amount) external returns (uint256 bonded) {
        Account storage held = _accounts[msg.sender][account];
        uint96 free = held.free;
        bonded = amount == 0 ? free : amount;
        if (bonded == 0 || bonded > free) revert InsufficientDeposit(msg.sender, account, free, bonded);
        uint256 balance = uint256(held.active) + held.unbonding;
        held.history.beforeChange(balance, balance + bonded);
        held.free = free - uint96(bonded);
        held.active += uint96(bonded);
        emit Bonded(msg.sender, account, bonded);
    }

    /// @inheritdoc IStakeVault
    function unbond(address account) external {
        Account storage held = _accounts[msg.sender][account];
        uint96 amount = held.active;
        if (amount == 0) revert NothingActive(msg.sender, account);
        uint64 releaseAt = uint64(block.timestamp) + unbondingSeconds;
        held.active = 0;
        held.unbonding += amount; // the vault keeps one release time, so earlier unbonding waits for the later one
        held.releaseAt = releaseAt;
        emit Unbonding(msg.sender, account, amount, releaseAt);
    }

    // ------------------------------------------------------------------ the slashing manager

    /// @inheritdoc IStakeVault
    function slash(
        address role,
        address account,
        uint256 amount,
        uint256 refund,
        address refundTo
    ) external returns (uint256 charged, uint256 refunded) {
        address slasher = role == verifierRegistry ? equivocationSlasher : slashingManager;
        if (msg.sender != slasher) revert NotSlashingManager(msg.sender);
        Account storage held = _accounts[role][account];
        (uint96 active, uint96 unbonding) = (held.active, held.unbonding);
        uint256 balance = uint256(active) + unbonding;
        charged = Math.min(amount, balance);
        if (charged == 0) return (0, 0);
        held.history.beforeChange(balance, balance - charged);

        uint96 fromActive = uint96(Math.min(charged, active));
        held.active = active - fromActive;
        held.unbonding = unbonding - uint96(charged - fromActive);
        refunded = Math.min(refund, charged);
        emit Slashed(role, account, charged, refunded, refundTo);
        if (refunded > 0) token.safeTransfer(refundTo, refunded);
        token.burn(charged - refunded);
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc IStakeVault
    function slashable(address role, address account) public view returns (uint256) {
        Account storage held = _accounts[role][account];
        return uint256(held.active) + held.unbonding;
    }

    /// @inheritdoc IStakeVault
    function freeOf(address role, address account) external view returns (uint256) {
        return _accounts[role][account].free;
    }

    /// @inheritdoc IStakeVault
    function activeStake(address role, address account) external view returns (uint256) {
        return _accounts[role][account].active;
    }

    /// @inheritdoc IStakeVault
    function unbondingOf(address role, address account) external view returns (uint256 amount, uint64 releaseAt) {
        Account storage held = _accounts[role][account];
        return (held.unbonding, held.releaseAt);
    }

    /// @inheritdoc IStakeVault
    function withdrawalAddressOf(address, address account) external pure returns (address) {
        return account;
    }

    /// @inheritdoc IStakeVault
    function slashableAtStartOf(uint64 week, address role, address account) external view returns (uint256) {
        return _accounts[role][account].history.startOf(week, slashable(role, account));
    }
}
