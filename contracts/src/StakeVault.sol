// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ERC20Burnable} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IStakeVault} from "./interfaces/IStakeVault.sol";
import {ExactTransfers} from "./libraries/ExactTransfers.sol";
import {RoleTotals} from "./libraries/RoleTotals.sol";
import {StakeTokens} from "./libraries/StakeTokens.sol";
import {WeekStarts} from "./libraries/WeekStarts.sol";

/// @notice Holds all stakes of the network. Only an account's role bonds and unbonds its tokens, and only the role's own
///         slasher slashes them. The vault has no owner, so nobody else can move a token.
/// @dev Each call writes all state before it calls the token. So a token that calls back finds consistent accounts. The
///      vault does not serve a token whose balances change without a transfer.
contract StakeVault is IStakeVault {
    using SafeERC20 for ERC20Burnable;
    using RoleTotals for RoleTotals.Total;
    using WeekStarts for WeekStarts.History;

    /// @notice The tokens of one owner under one role, in wei.
    /// @dev `deposit` keeps their sum within `maximumBalance`, which is below 96 bits.
    struct Account {
        uint96 active;
        uint96 unbonding;
        uint64 releaseAt;
        uint96 free;
        address withdrawalAddress; // zero before the first bond
        WeekStarts.History history; // of the sum of active and unbonding, in units of `_unit`
    }

    /// @dev The finest unit of the history, as a power of ten of a token. 64 bits of 10^-9 tokens hold 18 billion tokens.
    uint8 private constant HISTORY_DECIMALS = 9;
    /// @dev The same for the totals.
    uint8 private constant TOTAL_DECIMALS = 6;
    /// @dev A total has 56 bits. The unit is so coarse that twice the supply fits, so no bond fills a total for others.
    uint8 private constant SUPPLY_BITS = 55;
    uint16 private constant FULL_BPS = 10_000;

    /// @inheritdoc IStakeVault
    ERC20Burnable public immutable token;
    /// @inheritdoc IStakeVault
    address public immutable providerRegistry;
    /// @inheritdoc IStakeVault
    address public immutable slashingManager;
    /// @inheritdoc IStakeVault
    address public immutable verifierRegistry;
    /// @inheritdoc IStakeVault
    address public immutable equivocationSlasher;
    /// @inheritdoc IStakeVault
    uint64 public immutable unbondingSeconds;
    /// @inheritdoc IStakeVault
    uint256 public immutable maximumBalance;
    /// @dev The unit of the histories, in wei.
    uint256 private immutable _unit;
    /// @dev The unit of the totals, in wei.
    uint256 private immutable _totalUnit;

    mapping(address role => mapping(address account => Account)) private _accounts;
    /// @dev What all accounts of a role could lose together.
    mapping(address role => RoleTotals.Total) private _totals;

    /// @notice Reverts with `ZeroParameter`, `SameRole`, `TooManyDecimals` or `TokenCannotBurn`.
    /// @param token_ The stake token: an ERC-20 with `decimals` that its holders can burn
    /// @param roles The registries that govern accounts, and their slashers
    /// @param unbondingSeconds_ The time from unbonding to release, in seconds
    constructor(ERC20Burnable token_, Roles memory roles, uint64 unbondingSeconds_) {
        if (roles.providerRegistry == address(0)) revert ZeroParameter("providerRegistry");
        if (roles.slashingManager == address(0)) revert ZeroParameter("slashingManager");
        if (roles.verifierRegistry == address(0)) revert ZeroParameter("verifierRegistry");
        if (roles.equivocationSlasher == address(0)) revert ZeroParameter("equivocationSlasher");
        if (roles.providerRegistry == roles.verifierRegistry) revert SameRole(roles.providerRegistry);
        if (unbondingSeconds_ == 0) revert ZeroParameter("unbondingSeconds");
        uint8 decimals = StakeTokens.check(token_);
        token = token_;
        providerRegistry = roles.providerRegistry;
        slashingManager = roles.slashingManager;
        verifierRegistry = roles.verifierRegistry;
        equivocationSlasher = roles.equivocationSlasher;
        unbondingSeconds = unbondingSeconds_;
        _unit = decimals > HISTORY_DECIMALS ? 10 ** (decimals - HISTORY_DECIMALS) : 1;
        maximumBalance = type(uint64).max * _unit;
        uint256 finest = decimals > TOTAL_DECIMALS ? 10 ** (decimals - TOTAL_DECIMALS) : 1;
        _totalUnit = Math.max(finest, (token_.totalSupply() >> SUPPLY_BITS) + 1);
    }

    // ------------------------------------------------------------------ the account

    /// @inheritdoc IStakeVault
    function deposit(address role, uint256 amount) external {
        if (_slasherOf(role) == address(0)) revert UnknownRole(role);
        if (amount == 0) revert ZeroAmount();
        Account storage held = _accounts[role][msg.sender];
        uint256 balance = uint256(held.free) + held.active + held.unbonding;
        if (amount > maximumBalance - balance) revert BalanceTooLarge(balance, amount, maximumBalance);
        held.free += uint96(amount);
        emit Deposited(role, msg.sender, amount);
        uint256 received = ExactTransfers.take(token, amount);
        if (received != amount) revert TransferNotExact(amount, received);
    }

    /// @inheritdoc IStakeVault
    function withdraw(address role, address account) external returns (uint256 amount) {
        Account storage held = _accounts[role][account];
        address to = withdrawalAddressOf(role, account);
        if (msg.sender != account && msg.sender != to) revert NotOwner(role, account, msg.sender);
        amount = held.free;
        held.free = 0;
        if (held.unbonding > 0 && held.releaseAt <= block.timestamp) {
            uint256 balance = uint256(held.active) + held.unbonding;
            held.history.beforeChange(_inUnits(balance), _inUnits(held.active));
            _totals[role].change(balance / _totalUnit, held.active / _totalUnit);
            amount += held.unbonding;
            held.unbonding = 0;
            held.releaseAt = 0;
        }
        if (amount == 0) revert NothingToWithdraw(role, account, held.releaseAt);
        emit Withdrawn(role, account, amount, to);
        token.safeTransfer(to, amount);
    }

    /// @inheritdoc IStakeVault
    function setWithdrawalAddress(address role, address account, address to) external {
        address present = _accounts[role][account].withdrawalAddress;
        if (msg.sender != present) revert NotWithdrawalAddress(role, account, msg.sender, present);
        _setWithdrawalAddress(role, account, to);
    }

    // ------------------------------------------------------------------ the role

    /// @inheritdoc IStakeVault
    function bond(address account, uint256 amount, address withdrawalAddress) external returns (uint256 bonded) {
        Account storage held = _accounts[msg.sender][account];
        uint96 free = held.free;
        bonded = amount == 0 ? free : amount;
        if (bonded == 0 || bonded > free) revert InsufficientDeposit(msg.sender, account, free, bonded);
        if (held.withdrawalAddress == address(0)) {
            _setWithdrawalAddress(msg.sender, account, withdrawalAddress == address(0) ? account : withdrawalAddress);
        }
        uint256 balance = uint256(held.active) + held.unbonding;
        if (held.history.week == 0) _totals[msg.sender].add(bonded / _totalUnit);
        else _totals[msg.sender].change(balance / _totalUnit, (balance + bonded) / _totalUnit);
        held.history.beforeChange(_inUnits(balance), _inUnits(balance + bonded));
        held.free = free - uint96(bonded);
        held.active += uint96(bonded);
        emit Bonded(msg.sender, account, bonded);
    }

    /// @inheritdoc IStakeVault
    function unbond(address account) external {
        Account storage held = _accounts[msg.sender][account];
        uint96 amount = held.active;
        if (amount == 0) return; // penalties took the whole stake, and nobody is held up by that
        uint64 releaseAt = uint64(block.timestamp) + unbondingSeconds;
        held.active = 0;
        held.unbonding += amount; // the vault keeps one release time, so earlier unbonding waits for the later one
        held.releaseAt = releaseAt;
        emit Unbonding(msg.sender, account, amount, releaseAt);
    }

    // ------------------------------------------------------------------ the slashers

    /// @inheritdoc IStakeVault
    function slash(
        address role,
        address account,
        uint256 amount,
        uint256 refund,
        address refundTo
    ) external returns (uint256 charged, uint256 refunded) {
        if (msg.sender != _slasherOf(role)) revert NotSlasher(role, msg.sender);
        uint256 removed;
        uint256 added;
        (charged, removed, added) = _take(_accounts[role][account], amount);
        if (charged == 0) return (0, 0);
        _totals[role].change(removed, added);
        refunded = Math.min(refund, charged);
        emit Slashed(role, account, charged, refunded);
        _payOut(charged, refunded, refundTo);
    }

    /// @inheritdoc IStakeVault
    function slashShares(
        address role,
        uint64 week,
        Share[] calldata shares,
        uint16 limitBps,
        uint256 taken,
        uint256 refund,
        address refundTo
    ) external returns (uint256[] memory charges, uint256 sum) {
        if (msg.sender != _slasherOf(role)) revert NotSlasher(role, msg.sender);
        uint256 limit = (totalAtStartOf(week, role) * limitBps) / FULL_BPS - taken;
        charges = new uint256[](shares.length);
        uint256 refunds;
        uint256 allRemoved;
        uint256 allAdded;
        for (uint256 i = 0; i < shares.length; ++i) {
            address account = shares[i].account;
            Account storage held = _accounts[role][account];
            uint256 owed = _shareOf(held, week, shares[i]);
            (uint256 charged, uint256 removed, uint256 added) = _take(held, Math.min(owed, limit - sum));
            if (charged == 0) continue;
            allRemoved += removed;
            allAdded += added;
            charges[i] = charged;
            sum += charged;
            uint256 refunded = Math.min(refund, charged);
            refunds += refunded;
            emit Slashed(role, account, charged, refunded);
        }
        if (sum == 0) return (charges, 0);
        _totals[role].change(allRemoved, allAdded);
        _payOut(sum, refunds, refundTo);
    }

    /// @dev The share of a week's base, in wei: the whole share of the week less the share before, each rounded down. So
    ///      the order of several shares of a week does not change their sum.
    function _shareOf(Account storage held, uint64 week, Share calldata share) private view returns (uint256) {
        uint256 base = held.history.startOf(week, _inUnits(uint256(held.active) + held.unbonding)) * _unit;
        return (base * share.totalBps) / FULL_BPS - (base * share.beforeBps) / FULL_BPS;
    }

    /// @dev Takes active tokens first, then unbonding ones, as far as there are any.
    /// @return charged The tokens taken, in wei
    /// @return removed What the balance counted in the total before
    /// @return added What it counts now
    function _take(
        Account storage held,
        uint256 amount
    ) private returns (uint256 charged, uint256 removed, uint256 added) {
        (uint96 active, uint96 unbonding) = (held.active, held.unbonding);
        uint256 balance = uint256(active) + unbonding;
        charged = Math.min(amount, balance);
        if (charged == 0) return (0, 0, 0);
        held.history.beforeChange(_inUnits(balance), _inUnits(balance - charged));
        uint96 fromActive = uint96(Math.min(charged, active));
        held.active = active - fromActive;
        held.unbonding = unbonding - uint96(charged - fromActive);
        return (charged, balance / _totalUnit, (balance - charged) / _totalUnit);
    }

    /// @dev Pays the refund and burns the rest of what was taken.
    function _payOut(uint256 charged, uint256 refunded, address refundTo) private {
        if (refunded > 0) token.safeTransfer(refundTo, refunded);
        if (charged > refunded) token.burn(charged - refunded);
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
    function withdrawalAddressOf(address role, address account) public view returns (address) {
        address set = _accounts[role][account].withdrawalAddress;
        return set == address(0) ? account : set;
    }

    /// @inheritdoc IStakeVault
    function slashableAtStartOf(
        uint64 week,
        address role,
        address account
    ) external view returns (uint256 atStart, uint256 left) {
        Account storage held = _accounts[role][account];
        left = uint256(held.active) + held.unbonding;
        atStart = held.history.startOf(week, _inUnits(left)) * _unit;
    }

    /// @inheritdoc IStakeVault
    function totalAtStartOf(uint64 week, address role) public view returns (uint256) {
        return _totals[role].startOf(week) * _totalUnit;
    }

    // ------------------------------------------------------------------ helpers

    /// @dev The only account that slashes a role; zero for an address that is no role.
    function _slasherOf(address role) private view returns (address) {
        if (role == providerRegistry) return slashingManager;
        return role == verifierRegistry ? equivocationSlasher : address(0);
    }

    function _setWithdrawalAddress(address role, address account, address to) private {
        if (to == address(0) || to == address(this)) revert InvalidWithdrawalAddress(to);
        _accounts[role][account].withdrawalAddress = to;
        emit WithdrawalAddressSet(role, account, to);
    }

    /// @dev A balance in units of the history, rounded down. It fits, because no balance exceeds `maximumBalance`.
    function _inUnits(uint256 balance) private view returns (uint64) {
        return uint64(balance / _unit);
    }
}
