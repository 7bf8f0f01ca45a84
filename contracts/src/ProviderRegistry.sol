// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IProviderRegistry} from "./interfaces/IProviderRegistry.sol";
import {IStakeVault} from "./interfaces/IStakeVault.sol";
import {IVerifierRegistry} from "./interfaces/IVerifierRegistry.sol";
import {Announcements} from "./libraries/Announcements.sol";

/// @notice Records the providers and their claims.
contract ProviderRegistry is IProviderRegistry {
    /// @notice A registered provider.
    struct Record {
        uint32 index;
        uint32 claimKbps;
        uint32 loweredKbps; // replaces `claimKbps` from `loweredAt` on
        uint64 loweredAt; // unix seconds; 0 if no lower claim is pending
        uint32 position; // in `_active`, counted from one; 0 after the exit
        bytes32 region;
        bytes32 peerIdHash;
    }

    uint256 private constant KBPS_PER_MBPS = 1_000;

    /// @notice The vault that holds the stakes.
    IStakeVault public immutable vault;
    /// @notice The registry that knows genesis.
    IVerifierRegistry public immutable verifiers;
    /// @inheritdoc IProviderRegistry
    uint256 public immutable minimumStake;
    /// @inheritdoc IProviderRegistry
    uint256 public immutable weiPerMbps;
    /// @inheritdoc IProviderRegistry
    uint64 public immutable claimDelaySeconds;
    /// @inheritdoc IProviderRegistry
    uint32 public immutable minimumClaimKbps;

    /// @dev The index that the last registration received.
    uint32 private _lastIndex;
    /// @dev The active providers, in no particular order.
    address[] private _active;
    mapping(address account => Record) private _records;

    /// @notice Reverts with `ZeroParameter`.
    /// @param vault_ The vault that holds the stakes
    /// @param verifiers_ The registry that knows genesis
    /// @param minimumStake_ The least deposit with which a provider can register, in wei
    /// @param weiPerMbps_ The active stake that a claim needs, in wei per Mbit/s
    /// @param claimDelaySeconds_ The delay before a lowered claim is in force, in seconds
    /// @param minimumClaimKbps_ The least claim, in kbit/s
    constructor(
        IStakeVault vault_,
        IVerifierRegistry verifiers_,
        uint256 minimumStake_,
        uint256 weiPerMbps_,
        uint64 claimDelaySeconds_,
        uint32 minimumClaimKbps_
    ) {
        if (minimumStake_ == 0) revert ZeroParameter("minimumStake");
        if (weiPerMbps_ == 0) revert ZeroParameter("weiPerMbps");
        if (claimDelaySeconds_ == 0) revert ZeroParameter("claimDelaySeconds");
        if (minimumClaimKbps_ == 0) revert ZeroParameter("minimumClaimKbps");
        vault = vault_;
        verifiers = verifiers_;
        minimumStake = minimumStake_;
        weiPerMbps = weiPerMbps_;
        claimDelaySeconds = claimDelaySeconds_;
        minimumClaimKbps = minimumClaimKbps_;
    }

    // ------------------------------------------------------------------ the provider

    /// @inheritdoc IProviderRegistry
    function register(
        uint32 claimKbps,
        bytes32 region,
        bytes32 peerIdHash,
        address withdrawalAddress
    ) external returns (uint32 index) {
        Record storage record = _records[msg.sender];
        if (record.index != 0) revert AlreadyRegistered(msg.sender, record.index);
        _requireMeasurable(claimKbps);
        uint256 stake = vault.freeOf(address(this), msg.sender);
        if (stake < minimumStake) revert StakeTooLow(stake, minimumStake);
        _requireStake(claimKbps, stake);

        index = ++_lastIndex;
        _active.push(msg.sender);
        record.index = index;
        record.claimKbps = claimKbps;
        record.position = uint32(_active.length);
        record.region = region;
        record.peerIdHash = peerIdHash;
        emit Registered(index, msg.sender, claimKbps, region, peerIdHash);
        vault.bond(msg.sender, stake, withdrawalAddress);
    }

    /// @inheritdoc IProviderRegistry
    function announce(string calldata peerId, string[] calldata multiaddrs) external {
        Record storage record = _staying(msg.sender);
        Announcements.check(peerId, multiaddrs);
        bytes32 given = keccak256(bytes(peerId));
        if (given != record.peerIdHash) revert PeerIdMismatch(given, record.peerIdHash);
        emit Announced(record.index, msg.sender, peerId, multiaddrs);
    }

    /// @inheritdoc IProviderRegistry
    function setClaim(uint32 claimKbps) external {
        Record storage record = _staying(msg.sender);
        _requireMeasurable(claimKbps);
        uint32 inForce = _claimInForce(record);
        if (claimKbps > inForce) _requireStake(claimKbps, vault.activeStake(address(this), msg.sender));
        uint64 effectiveAt = uint64(block.timestamp);
        if (claimKbps < inForce && _networkRuns()) {
            effectiveAt += claimDelaySeconds;
            record.claimKbps = inForce;
            record.loweredKbps = claimKbps;
            record.loweredAt = effectiveAt;
        } else {
            record.claimKbps = claimKbps;
            record.loweredKbps = 0;
            record.loweredAt = 0;
        }
        emit ClaimChanged(record.index, msg.sender, claimKbps, effectiveAt);
    }

    /// @inheritdoc IProviderRegistry
    function topUp() external returns (uint256 bonded) {
        Record storage record = _staying(msg.sender);
        bonded = vault.bond(msg.sender, 0, address(0)); // zero: the withdrawal address stays as registered
        emit ToppedUp(record.index, msg.sender, bonded);
    }

    /// @inheritdoc IProviderRegistry
    function exit() external {
        Record storage record = _staying(msg.sender);
        uint32 position = record.position;
        address last = _active[_active.length - 1];
        _active[position - 1] = last;
        _records[last].position = position;
        _active.pop();
        record.position = 0;
        emit Exited(record.index, msg.sender);
        vault.unbond(msg.sender);
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc IProviderRegistry
    function activeCount() external view returns (uint256) {
        return _active.length;
    }

    /// @inheritdoc IProviderRegistry
    function active(uint256 offset, uint256 limit) external view returns (Provider[] memory page) {
        uint256 rest = offset < _active.length ? _active.length - offset : 0;
        page = new Provider[](limit < rest ? limit : rest);
        for (uint256 i = 0; i < page.length; i++) {
            page[i] = _provider(_active[offset + i]);
        }
    }

    /// @inheritdoc IProviderRegistry
    function providerOf(address account) external view returns (Provider memory) {
        _registered(account);
        return _provider(account);
    }

    // ------------------------------------------------------------------ records

    /// @dev The record of a registered account. Reverts with `NotRegistered`.
    function _registered(address account) private view returns (Record storage record) {
        record = _records[account];
        if (record.index == 0) revert NotRegistered(account);
    }

    /// @dev The record of a provider that has not left. Reverts with `NotRegistered` or `AlreadyExited`.
    function _staying(address account) private view returns (Record storage record) {
        record = _registered(account);
        if (record.position == 0) revert AlreadyExited(account);
    }

    /// @dev Reverts with `ClaimTooSmall` if nobody could measure the claim.
    function _requireMeasurable(uint32 claimKbps) private view {
        if (claimKbps < minimumClaimKbps) revert ClaimTooSmall(claimKbps, minimumClaimKbps);
    }

    /// @dev Reverts with `ClaimExceedsStake` if a claim needs more stake. What a breach costs then grows with the claim.
    function _requireStake(uint32 claimKbps, uint256 stake) private view {
        uint256 needed = Math.ceilDiv(claimKbps * weiPerMbps, KBPS_PER_MBPS);
        if (stake < needed) revert ClaimExceedsStake(claimKbps, stake, needed);
    }

    /// @dev The claim in force now, in kbit/s.
    function _claimInForce(Record storage record) private view returns (uint32) {
        return record.loweredAt != 0 && record.loweredAt <= block.timestamp ? record.loweredKbps : record.claimKbps;
    }

    /// @dev Whether genesis has passed.
    function _networkRuns() private view returns (bool) {
        uint64 genesis = verifiers.genesis();
        return genesis != 0 && genesis <= block.timestamp;
    }

    /// @dev The provider of a registered account, as of this block.
    function _provider(address account) private view returns (Provider memory) {
        Record storage record = _records[account];
        return
            Provider(
                record.index,
                account,
                _claimInForce(record),
                record.region,
                record.peerIdHash,
                vault.slashable(address(this), account)
            );
    }
}
