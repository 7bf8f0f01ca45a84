// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ERC20Burnable} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IStakeVault} from "./interfaces/IStakeVault.sol";
import {WeekStarts} from "./libraries/WeekStarts.sol";

/// @notice All stakes of the network. Only the role that an account is under bonds and unbonds it, only the slashing
///         manager slashes; nobody else, and no owner, can touch a token.
/// @dev The token must be burnable by its holder (ERC20Burnable), and move exactly the amount it is told to. State is
///      written before the token is called, so a token that calls back finds its accounts settled.
contract StakeVault is IStakeVault {
    using SafeERC20 for ERC20Burnable;
    using SafeCast for uint256;
    using WeekStarts for WeekStarts.History;

    /// @dev Amounts of 96 bits hold 79 billion tokens of 18 decimals, and let a slash touch one slot.
    struct Account {
        uint96 active;
        uint96 unbonding;
        uint64 releaseAt;
        uint96 free;
        WeekStarts.History history; // of active plus unbonding
    }

    uint16 private constant FULL_BPS = 10_000;

    ERC20Burnable public immutable token;
    address public immutable slashingManager;
    uint64 public immutable unbondingSeconds;

    mapping(address role => mapping(address account => Account)) private _accounts;

    constructor(ERC20Burnable token_, address slashingManager_, uint64 unbondingSeconds_) {
        token = token_;
        slashingManager = slashingManager_;
        unbondingSeconds = unbondingSeconds_;
    }

    // ------------------------------------------------------------------ the account

    function deposit(address role, uint256 amount) external {
        if (amount == 0) revert ZeroAmount();
        _accounts[role][msg.sender].free += amount.toUint96();
        emit Deposited(role, msg.sender, amount);
        token.safeTransferFrom(msg.sender, address(this), amount);
    }

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

    function unbond(address account) external {
        Account storage held = _accounts[msg.sender][account];
        uint96 amount = held.active;
        if (amount == 0) revert NothingActive(msg.sender, account);
        uint64 releaseAt = uint64(block.timestamp) + unbondingSeconds;
        held.active = 0;
        held.unbonding += amount; // earlier unbonding waits for the later release: it cannot be told apart
        held.releaseAt = releaseAt;
        emit Unbonding(msg.sender, account, amount, releaseAt);
    }

    // ------------------------------------------------------------------ the slashing manager

    function slash(
        address role,
        address account,
        uint256 amount,
        uint16 bountyBps,
        address bountyTo
    ) external returns (uint256 charged, uint256 bounty) {
        if (msg.sender != slashingManager) revert NotSlashingManager(msg.sender);
        Account storage held = _accounts[role][account];
        (uint96 active, uint96 unbonding) = (held.active, held.unbonding);
        uint256 balance = uint256(active) + unbonding;
        charged = Math.min(amount, balance);
        if (charged == 0) return (0, 0);
        held.history.beforeChange(balance, balance - charged);

        uint96 fromActive = uint96(Math.min(charged, active));
        held.active = active - fromActive;
        held.unbonding = unbonding - uint96(charged - fromActive);
        bounty = (charged * bountyBps) / FULL_BPS;
        emit Slashed(role, account, charged, bounty, bountyTo);
        if (bounty > 0) token.safeTransfer(bountyTo, bounty);
        token.burn(charged - bounty);
    }

    // ------------------------------------------------------------------ views

    function slashable(address role, address account) public view returns (uint256) {
        Account storage held = _accounts[role][account];
        return uint256(held.active) + held.unbonding;
    }

    function freeOf(address role, address account) external view returns (uint256) {
        return _accounts[role][account].free;
    }

    function activeStake(address role, address account) external view returns (uint256) {
        return _accounts[role][account].active;
    }

    function unbondingOf(address role, address account) external view returns (uint256 amount, uint64 releaseAt) {
        Account storage held = _accounts[role][account];
        return (held.unbonding, held.releaseAt);
    }

    function slashableAtStartOf(uint64 week, address role, address account) external view returns (uint256) {
        return _accounts[role][account].history.startOf(week, slashable(role, account));
    }
}
