// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ProviderRegistry} from "../../src/ProviderRegistry.sol";
import {StakeVault} from "../../src/StakeVault.sol";
import {IProviderRegistry} from "../../src/interfaces/IProviderRegistry.sol";
import {IStakeVault} from "../../src/interfaces/IStakeVault.sol";
import {IVerifierRegistry} from "../../src/interfaces/IVerifierRegistry.sol";
import {StakeToken} from "../../src/testnet/StakeToken.sol";
import {CHEATS, check} from "./Cheats.sol";

/// @notice What people can do with their stakes, and thieves with the stakes of others, with a second account of it all.
///         This contract is both slashers and the verifiers' role. So no call needs a signature, and each is cheap.
contract VaultHandler {
    uint256 public constant ACCOUNTS = 6;
    uint256 private constant PROVIDERS = 4; // the other accounts are verifiers
    uint256 private constant MINIMUM_STAKE = 500 ether;
    uint256 public constant WEI_PER_MBPS = 1 ether;
    uint64 private constant UNBONDING = 15 days;
    /// @dev From a breach to the end of its evidence: two epochs of an hour, a settlement delay and an evidence period.
    uint256 private constant ANSWERABLE = 2 hours + 1 days + 7 days;
    address private constant REPORTER = address(0x30000);
    address private constant THIEF = address(0x40000);

    StakeToken public immutable token;
    StakeVault public immutable vault;
    ProviderRegistry public immutable registry;
    uint64 public genesis = 1; // of the registry's clock: the network runs

    struct Ghost {
        bool registered;
        bool left;
        uint256 leftAt;
        address payee; // the withdrawal address
        uint256 deposited;
        uint256 withdrawn;
        uint256 charged;
        uint256 owed; // the most that was slashable at a breach, and what was charged before
        uint256 owedUntil;
    }
    mapping(address account => Ghost) private _ghosts;
    mapping(address account => mapping(uint256 week => uint256)) public startOf;
    mapping(address account => uint256) public firstWeek;
    uint256 public refunds;

    constructor() {
        token = new StakeToken();
        address self = address(this);
        address next = CHEATS.computeCreateAddress(self, CHEATS.getNonce(self) + 1);
        vault = new StakeVault(token, IStakeVault.Roles(next, self, self, self), UNBONDING);
        registry = new ProviderRegistry(vault, IVerifierRegistry(self), MINIMUM_STAKE, WEI_PER_MBPS, 1 days, 1);
        check(address(registry) == next, "the registry is the vault's role");
    }

    // ------------------------------------------------------------------ the accounts

    function accountAt(uint256 i) public pure returns (address) {
        return address(uint160(0x20000 + (i % ACCOUNTS)));
    }

    function isProvider(address account) public pure returns (bool) {
        return uint160(account) < 0x20000 + PROVIDERS;
    }

    function roleOf(address account) public view returns (address) {
        return isProvider(account) ? address(registry) : address(this);
    }

    /// @notice Whether all that was slashable at the last breach is slashable or slashed, or the time for it is over.
    function isAnswerable(address account) public view returns (bool) {
        Ghost storage ghost = _ghosts[account];
        return block.timestamp >= ghost.owedUntil || stakeOf(account) + ghost.charged >= ghost.owed;
    }

    function ghostOf(address account) external view returns (Ghost memory) {
        return _ghosts[account];
    }

    function stakeOf(address account) public view returns (uint256) {
        return vault.slashable(roleOf(account), account);
    }

    function freeOf(address account) public view returns (uint256) {
        return vault.freeOf(roleOf(account), account);
    }

    // ------------------------------------------------------------------ what owners do

    function deposit(uint256 i, uint256 amount) public {
        address account = accountAt(i);
        amount = 1 + (amount % 1_000 ether);
        _ghosts[account].deposited += amount;
        token.transfer(account, amount);
        CHEATS.prank(account);
        token.approve(address(vault), amount);
        address role = roleOf(account);
        CHEATS.prank(account);
        vault.deposit(role, amount);
    }

    function join(uint256 i, uint256 claim, bool cold) external {
        address account = accountAt(i);
        Ghost storage ghost = _ghosts[account];
        if (ghost.registered) return;
        deposit(i, MINIMUM_STAKE + (claim % 400 ether));
        uint256 stake = freeOf(account);
        address payee = cold ? address(uint160(account) + 0x1000) : address(0);
        if (isProvider(account)) {
            if (stake < MINIMUM_STAKE) return;
            CHEATS.prank(account);
            registry.register(uint32(1 + (claim % (stake / (WEI_PER_MBPS / 1000)))), 0, 0, payee);
        } else {
            vault.bond(account, 0, payee);
        }
        ghost.registered = true;
        ghost.payee = cold ? payee : account;
        firstWeek[account] = weekNow();
        startOf[account][weekNow()] = stake;
    }

    function topUp(uint256 i) external {
        address account = accountAt(i);
        Ghost storage ghost = _ghosts[account];
        if (!ghost.registered || ghost.left || freeOf(account) == 0) return;
        if (!isProvider(account)) {
            vault.bond(account, 0, THIEF); // the address that is set stays
        } else {
            CHEATS.prank(account);
            registry.topUp();
        }
    }

    function setClaim(uint256 i, uint32 claim) external {
        address account = accountAt(i);
        if (!isProvider(account) || !_ghosts[account].registered || _ghosts[account].left) return;
        IProviderRegistry.Provider memory before = registry.providerOf(account);
        uint256 stake = vault.activeStake(address(registry), account);
        claim = uint32(1 + (claim % (uint256(before.claimKbps) * 2)));
        bool covered = claim <= before.claimKbps || claim * WEI_PER_MBPS <= stake * 1000;
        CHEATS.prank(account);
        try registry.setClaim(claim) {
            check(covered, "no claim rises above its stake");
        } catch {
            check(!covered, "a claim within its stake can be made");
        }
    }

    /// @notice Leaves the role for good. That is rare, or the sequences soon have nobody left.
    function quit(uint256 i, uint8 die) external {
        address account = accountAt(i);
        Ghost storage ghost = _ghosts[account];
        if (!ghost.registered || ghost.left || die % 12 != 0) return;
        uint256 stake = stakeOf(account);
        if (!isProvider(account)) {
            vault.unbond(account);
        } else {
            CHEATS.prank(account);
            registry.exit();
        }
        ghost.left = true;
        ghost.leftAt = block.timestamp;
        check(stakeOf(account) == stake, "an exit does not lower what can be slashed");
    }

    function withdraw(uint256 i, bool byPayee) external {
        address account = accountAt(i);
        Ghost storage ghost = _ghosts[account];
        address payee = ghost.registered ? ghost.payee : account;
        address role = roleOf(account);
        (uint256 unbonding, ) = vault.unbondingOf(role, account);
        bool released = ghost.left && block.timestamp >= ghost.leftAt + UNBONDING;
        uint256 expected = vault.freeOf(role, account) + (released ? unbonding : 0);
        uint256 before = token.balanceOf(payee);
        CHEATS.prank(byPayee ? payee : account);
        try vault.withdraw(role, account) returns (uint256 amount) {
            check(amount == expected, "stake leaves once its unbonding is over, and not before");
            check(token.balanceOf(payee) == before + amount, "the withdrawal address is paid");
            ghost.withdrawn += amount;
            check(isAnswerable(account), "no stake escapes");
        } catch {
            check(expected == 0, "what is free can be withdrawn");
        }
    }

    function moveWithdrawals(uint256 i, uint8 to) external {
        address account = accountAt(i);
        Ghost storage ghost = _ghosts[account];
        if (!ghost.registered) return;
        address next = address(uint160(0x50000 + to));
        address role = roleOf(account);
        CHEATS.prank(ghost.payee);
        vault.setWithdrawalAddress(role, account, next);
        ghost.payee = next;
    }

    // ------------------------------------------------------------------ what others do

    /// @notice The account breaches or equivocates now. It answers with what is slashable now. Who has left cannot.
    function breach(uint256 i) external {
        address account = accountAt(i);
        Ghost storage ghost = _ghosts[account];
        if (ghost.left) return;
        ghost.owed = stakeOf(account) + ghost.charged;
        ghost.owedUntil = block.timestamp + ANSWERABLE;
    }

    function slash(uint256 i, uint256 amount, uint256 refund, bool all) external {
        address account = accountAt(i);
        uint256 stake = stakeOf(account);
        amount = all ? stake : amount % 200 ether;
        refund %= 300 ether;
        uint256 before = token.balanceOf(REPORTER);
        (uint256 charged, uint256 refunded) = vault.slash(roleOf(account), account, amount, refund, REPORTER);
        check(charged == (amount < stake ? amount : stake), "charged what is there");
        check(refunded == (refund < charged ? refund : charged), "refunded at most the charge");
        check(token.balanceOf(REPORTER) == before + refunded, "the refund is paid");
        _ghosts[account].charged += charged;
        refunds += refunded;
    }

    /// @notice A thief, an owner or a registry tries what only others may do.
    function steal(uint256 i, uint8 kind, uint8 who) external {
        address account = accountAt(i);
        address role = roleOf(account);
        Ghost storage ghost = _ghosts[account];
        address caller = [THIEF, accountAt((i % ACCOUNTS) + 1), account, address(registry)][who % 4];
        bytes[6] memory calls = [
            abi.encodeCall(vault.withdraw, (role, account)),
            abi.encodeCall(vault.setWithdrawalAddress, (role, account, THIEF)),
            abi.encodeCall(vault.bond, (account, 0, THIEF)),
            abi.encodeCall(vault.slash, (role, account, 1, 1, THIEF)),
            abi.encodeCall(vault.setWithdrawalAddress, (caller, account, THIEF)),
            abi.encodeCall(vault.withdraw, (caller, account))
        ];
        if (kind % 6 == 0 && caller == account) return; // an owner may
        if (kind % 6 == 1 && ghost.registered && caller == ghost.payee) return;
        if (kind % 6 == 2 && caller == role) return; // a role may
        CHEATS.prank(caller);
        // whatever the call reverts with, it must not pass
        // solhint-disable-next-line avoid-low-level-calls
        (bool done, ) = address(vault).call(calls[kind % 6]);
        check(!done, "nobody moves the stakes of others");
    }

    // ------------------------------------------------------------------ time

    function weekNow() public view returns (uint256) {
        return block.timestamp / 7 days;
    }

    /// @dev Records the stakes at the start of each new week. No stake changes while time passes.
    function pass(uint256 time) external {
        uint256 later = block.timestamp + (time % 4 days);
        uint256 last = later / 7 days; // the optimizer takes `block.timestamp` for constant, also across a warp
        for (uint256 week = weekNow() + 1; week <= last; week++) {
            for (uint256 i = 0; i < ACCOUNTS; i++) startOf[accountAt(i)][week] = stakeOf(accountAt(i));
        }
        CHEATS.warp(later);
    }
}
