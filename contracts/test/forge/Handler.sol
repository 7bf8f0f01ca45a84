// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ProviderRegistry} from "../../src/ProviderRegistry.sol";
import {IEpochReports} from "../../src/interfaces/IEpochReports.sol";
import {ISlashingManager} from "../../src/interfaces/ISlashingManager.sol";
import {IStakeVault} from "../../src/interfaces/IStakeVault.sol";
import {CHEATS, check} from "./Cheats.sol";
import {Network} from "./Network.sol";

/// @notice The calls that people can make to a network, in any order, with a second account of their effects.
contract Handler {
    uint256 public constant PROVIDERS = 4;
    address public constant SETTLER = address(0x30000);
    uint256 private constant UNBONDING = 15 days;
    uint256 private constant WEEKS_TO_SETTLE = 2;

    Network public immutable network;
    ISlashingManager.Leaf[] private _leaves;
    mapping(address provider => bool) private _registered;
    mapping(address provider => uint256) private _exitedAt;
    mapping(bytes32 leafHash => bool) private _settled;

    mapping(address provider => mapping(uint256 week => uint256)) public startOf;
    mapping(address provider => mapping(uint256 week => uint256)) public charged;
    mapping(address provider => mapping(uint256 week => uint256)) public settledBps;
    mapping(uint256 week => uint256) public networkCharged;
    /// @notice Whether a settlement has used up the network's limit of a week. A first stake later in that week raises it.
    mapping(uint256 week => bool) public networkFull;
    uint256 public settlements;
    uint256 public totalCharged;
    uint256 public totalRefunded;

    constructor(Network network_) {
        network = network_;
    }

    function provider(uint256 i) public pure returns (address) {
        return address(uint160(0x20000 + (i % PROVIDERS)));
    }

    function stakeOf(address account) public view returns (uint256) {
        return network.vault().slashable(address(network.providers()), account);
    }

    /// @notice What all providers could lose at the start of a week, rounded down as the vault does.
    function totalStart(uint256 week) public view returns (uint256 sum) {
        for (uint256 i = 0; i < PROVIDERS; i++) {
            uint256 stake = startOf[provider(i)][week];
            sum += stake - (stake % 1e12);
        }
    }

    function weekNow() public view returns (uint256) {
        return block.timestamp / 7 days;
    }

    // ------------------------------------------------------------------ providers

    function register(uint256 i, uint256 extra) external {
        address account = provider(i);
        if (_registered[account]) return;
        _registered[account] = true;
        network.addProvider(account, network.MINIMUM_STAKE() + (extra % 10_000 ether));
        startOf[account][weekNow()] = stakeOf(account);
    }

    function depositMore(uint256 i, uint256 amount) external {
        network.deposit(address(network.providers()), provider(i), 1 + (amount % 1_000 ether));
    }

    function exit(uint256 i) external {
        address account = provider(i);
        if (!_registered[account] || _exitedAt[account] != 0) return;
        _exitedAt[account] = block.timestamp;
        uint256 stake = stakeOf(account);
        ProviderRegistry registry = network.providers();
        CHEATS.prank(account);
        registry.exit();
        check(stakeOf(account) == stake, "an exit does not lower what can be slashed");
    }

    function withdraw(uint256 i) external {
        address account = provider(i);
        address role = address(network.providers());
        IStakeVault vault = network.vault();
        uint256 free = vault.freeOf(role, account);
        uint256 stake = stakeOf(account);
        bool released = _exitedAt[account] != 0 && block.timestamp >= _exitedAt[account] + UNBONDING;
        if (free + (released ? stake : 0) == 0) return;
        CHEATS.prank(account);
        uint256 amount = vault.withdraw(role, account);
        check(amount == free + (released ? stake : 0), "stake leaves once its unbonding is over, and not before");
    }

    // ------------------------------------------------------------------ verifiers and settlers

    function report(uint256 i, uint16 penaltyBps) external {
        address account = provider(i);
        if (!_registered[account]) return;
        uint256[PROVIDERS] memory stakes = _stakes();
        uint256 week = weekNow();
        _leaves.push(network.report(account, 1 + (penaltyBps % 1000)));
        _weeksBegan(week, stakes);
    }

    function settle(uint256 pick) external {
        if (_leaves.length == 0) return;
        ISlashingManager.Leaf memory leaf = _leaves[pick % _leaves.length];
        uint256 week = (network.genesis() + (leaf.epoch - 1) * network.EPOCH_SECONDS()) / 7 days;
        bytes32 hash = keccak256(abi.encode(leaf));
        bool due = block.timestamp >= network.finalAt(leaf.epoch) && weekNow() <= week + WEEKS_TO_SETTLE;
        uint256 refundedBefore = network.token().balanceOf(SETTLER);
        ISlashingManager slashing = network.slashing();
        IEpochReports.Header memory header = network.headerOf(leaf.epoch);
        CHEATS.prank(SETTLER);
        try slashing.settle(header, leaf, new bytes32[](0)) returns (uint256 amount) {
            check(due && !_settled[hash], "settled too early, too late or twice");
            _settled[hash] = true;
            charged[leaf.provider][week] += amount;
            settledBps[leaf.provider][week] += leaf.penaltyBps;
            totalCharged += amount;
            settlements++;
            networkCharged[week] += amount;
            if (networkCharged[week] == (totalStart(week) * network.NETWORK_WEEKLY_BPS()) / 10_000) {
                networkFull[week] = true;
            }
            totalRefunded += network.token().balanceOf(SETTLER) - refundedBefore;
        } catch {
            check(!due || _settled[hash], "a due leaf can be settled");
        }
    }

    // ------------------------------------------------------------------ time

    function pass(uint256 time) external {
        uint256[PROVIDERS] memory stakes = _stakes();
        uint256 week = weekNow();
        CHEATS.warp(block.timestamp + (time % 3 days));
        _weeksBegan(week, stakes);
    }

    function _stakes() private view returns (uint256[PROVIDERS] memory stakes) {
        for (uint256 i = 0; i < PROVIDERS; i++) stakes[i] = stakeOf(provider(i));
    }

    /// @dev Records the stakes at the start of each new week. No stake changed while time passed.
    function _weeksBegan(uint256 since, uint256[PROVIDERS] memory stakes) private {
        for (uint256 week = since + 1; week <= weekNow(); week++) {
            for (uint256 i = 0; i < PROVIDERS; i++) startOf[provider(i)][week] = stakes[i];
        }
    }
}
