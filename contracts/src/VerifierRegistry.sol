// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {IStakeVault} from "./interfaces/IStakeVault.sol";
import {IVerifierRegistry} from "./interfaces/IVerifierRegistry.sol";
import {Bls12381} from "./libraries/Bls12381.sol";
import {Digests} from "./libraries/Digests.sol";
import {EpochClock} from "./libraries/EpochClock.sol";
import {KeySnapshot} from "./libraries/KeySnapshot.sol";

/// @notice Records the verifiers, keeps the network's clock, and freezes the verifier set of each era.
contract VerifierRegistry is IVerifierRegistry {
    using Bls12381 for Bls12381.G1;
    using Checkpoints for Checkpoints.Trace224;
    using KeySnapshot for address;
    using KeySnapshot for bytes;
    using SafeCast for uint256;

    /// @notice A registered verifier.
    struct Record {
        address account;
        uint32 capacityKbps;
        uint64 exitingSince; // unix seconds; 0 while the verifier stays
        bytes32[3] packedKey; // 96 bytes
    }

    /// @notice The newest frozen set of the even eras, or of the odd eras.
    struct Newest {
        uint32 era;
        address snapshot;
        uint64 genesis; // copied into both entries
    }

    /// @notice The most verifiers of a set: one key snapshot, and one freeze within the gas limit, can hold no more.
    uint256 public constant MAX_VERIFIERS = 191;

    /// @notice The vault that holds the bonds.
    IStakeVault public immutable vault;
    /// @notice The only account that expels verifiers.
    address public immutable equivocationSlasher;
    /// @inheritdoc IVerifierRegistry
    uint256 public immutable verifierBond;
    /// @inheritdoc IVerifierRegistry
    uint64 public immutable epochSeconds;
    /// @inheritdoc IVerifierRegistry
    uint64 public immutable eraEpochs;
    /// @inheritdoc IVerifierRegistry
    uint64 public immutable startDelay;
    /// @inheritdoc IVerifierRegistry
    uint32 public immutable minimumVerifiers;

    /// @dev The newest frozen sets, by era modulo 2. A certificate is checked with one of them and so reads one slot.
    Newest[2] private _newest;

    /// @inheritdoc IVerifierRegistry
    uint32 public stayingCount;
    /// @dev The index that the last registration received.
    uint32 private _lastIndex;
    /// @dev The indices of the last frozen set and of the verifiers registered since, in ascending order.
    uint32[] private _members;
    mapping(uint32 index => Record) private _records;
    mapping(address account => uint32) private _indexOf;
    mapping(bytes32 keyHash => bool) private _keyTaken;
    /// @dev All frozen sets by era. A value holds the era (high 64 bits) and the snapshot's address (low 160 bits).
    Checkpoints.Trace224 private _frozen;

    /// @notice Reverts with `ZeroParameter` if a parameter other than the delay is zero, and with `PrecompileUnusable`
    ///         on a chain without the EIP-2537 precompiles.
    /// @param vault_ The vault that holds the bonds
    /// @param verifierBond_ The bond of every verifier, in wei
    /// @param epochSeconds_ The length of an epoch, in seconds
    /// @param eraEpochs_ The length of an era, in epochs
    /// @param startDelay_ The time from `start` to genesis, in seconds
    /// @param minimumVerifiers_ The number of verifiers that `start` needs
    /// @param equivocationSlasher_ The only account that expels verifiers
    constructor(
        IStakeVault vault_,
        uint256 verifierBond_,
        uint64 epochSeconds_,
        uint64 eraEpochs_,
        uint64 startDelay_,
        uint32 minimumVerifiers_,
        address equivocationSlasher_
    ) {
        if (verifierBond_ == 0) revert ZeroParameter("verifierBond");
        if (epochSeconds_ == 0) revert ZeroParameter("epochSeconds");
        if (eraEpochs_ == 0) revert ZeroParameter("eraEpochs");
        if (minimumVerifiers_ == 0) revert ZeroParameter("minimumVerifiers");
        Bls12381.requirePrecompiles();
        vault = vault_;
        equivocationSlasher = equivocationSlasher_;
        verifierBond = verifierBond_;
        epochSeconds = epochSeconds_;
        eraEpochs = eraEpochs_;
        startDelay = startDelay_;
        minimumVerifiers = minimumVerifiers_;
    }

    // ------------------------------------------------------------------ the verifier

    /// @inheritdoc IVerifierRegistry
    function register(
        bytes calldata blsKey,
        bytes calldata proofOfPossession,
        uint32 capacityKbps
    ) external returns (uint32 index) {
        if (_indexOf[msg.sender] != 0) revert AlreadyRegistered(msg.sender, _indexOf[msg.sender]);
        if (_members.length >= MAX_VERIFIERS) revert SetFull(MAX_VERIFIERS);
        Bls12381.G1 memory key = _provenKey(blsKey, proofOfPossession);
        bytes32 keyHash = keccak256(blsKey);
        if (_keyTaken[keyHash]) revert KeyAlreadyRegistered(keyHash);

        index = ++_lastIndex;
        ++stayingCount;
        _keyTaken[keyHash] = true;
        _indexOf[msg.sender] = index;
        _members.push(index);
        Record storage record = _records[index];
        record.account = msg.sender;
        record.capacityKbps = capacityKbps;
        _storeKey(record, key);
        emit Registered(index, msg.sender, blsKey, capacityKbps);
        vault.bond(msg.sender, verifierBond);
    }

    /// @inheritdoc IVerifierRegistry
    function announce(string calldata peerId, string[] calldata multiaddrs) external {
        emit Announced(_registered(msg.sender), msg.sender, peerId, multiaddrs);
    }

    /// @inheritdoc IVerifierRegistry
    function exit() external {
        uint32 index = _registered(msg.sender);
        Record storage record = _records[index];
        if (record.exitingSince != 0) revert AlreadyExiting(msg.sender, record.exitingSince);
        record.exitingSince = uint64(block.timestamp);
        --stayingCount;
        emit ExitRequested(index, msg.sender);
    }

    // ------------------------------------------------------------------ the equivocation slasher

    /// @inheritdoc IVerifierRegistry
    function expel(uint32 index) external {
        if (msg.sender != equivocationSlasher) revert NotEquivocationSlasher(msg.sender);
        Record storage record = _records[index];
        if (record.exitingSince != 0) return;
        record.exitingSince = uint64(block.timestamp);
        --stayingCount;
        emit ExitRequested(index, record.account);
    }

    // ------------------------------------------------------------------ anyone

    /// @inheritdoc IVerifierRegistry
    function start() external {
        if (genesis() != 0) revert AlreadyStarted(genesis());
        if (stayingCount < minimumVerifiers) revert TooFewVerifiers(stayingCount, minimumVerifiers);
        uint64 time = uint64(block.timestamp) + startDelay;
        emit Started(time);
        _freeze(1, time);
    }

    /// @inheritdoc IVerifierRegistry
    function freeze(uint64 era) external {
        uint64 time = genesis();
        if (time == 0) revert NotStarted();
        if (isFrozen(era)) revert AlreadyFrozen(era);
        uint64 current = EpochClock.epochAt(time, epochSeconds, block.timestamp);
        uint64 due = era == 0 ? 0 : EpochClock.freezeEpochOf(eraEpochs, era);
        if (due == 0 || current != due) revert FreezeNotDue(era, current, due);
        _freeze(era, time);
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc IVerifierRegistry
    function genesis() public view returns (uint64) {
        return _newest[1].genesis; // the first freeze is that of era 1
    }

    /// @inheritdoc IVerifierRegistry
    function isFrozen(uint64 era) public view returns (bool) {
        return era != 0 && frozenEraFor(era) == era;
    }

    /// @inheritdoc IVerifierRegistry
    function frozenEraFor(uint64 era) public view returns (uint64) {
        return uint64(_frozen.upperLookupRecent(uint256(era).toUint32()) >> 160);
    }

    /// @inheritdoc IVerifierRegistry
    function certificateSet(uint64 era) external view returns (address snapshot, uint64 genesisTime) {
        return _inForce(era);
    }

    /// @inheritdoc IVerifierRegistry
    function setSize(uint64 era) external view returns (uint256) {
        (address snapshot, ) = _inForce(era);
        return snapshot == address(0) ? 0 : snapshot.sizeOf();
    }

    /// @inheritdoc IVerifierRegistry
    function memberAt(
        uint64 era,
        uint256 position
    ) external view returns (uint32 index, address account, Bls12381.G1 memory key) {
        (address snapshot, ) = _inForce(era);
        uint256 size = snapshot == address(0) ? 0 : snapshot.sizeOf();
        if (position >= size) revert NoSuchPosition(era, position, size);
        (index, key) = (snapshot.indexAt(position), snapshot.keyAt(position));
        account = _records[index].account;
    }

    /// @inheritdoc IVerifierRegistry
    function frozenSet(uint64 era) external view returns (Verifier[] memory set) {
        (address snapshot, ) = _inForce(era);
        if (snapshot == address(0)) return set;
        set = new Verifier[](snapshot.sizeOf());
        for (uint256 i = 0; i < set.length; i++) {
            set[i] = _verifier(snapshot.indexAt(i));
        }
    }

    /// @inheritdoc IVerifierRegistry
    function verifierOf(address account) external view returns (Verifier memory) {
        return _verifier(_registered(account));
    }

    // ------------------------------------------------------------------ freezing

    /// @dev Drops the verifiers that asked to leave. Writes the keys of the others, with their sum, as a key snapshot.
    ///      An empty set is possible; it certifies nothing.
    function _freeze(uint64 era, uint64 time) private {
        uint256 size = stayingCount;
        bytes memory data = KeySnapshot.allocate(size);
        Bls12381.G1 memory sum;
        uint256 members = _members.length;
        uint256 staying;
        for (uint256 i = 0; i < members; i++) {
            uint32 index = _members[i];
            Record storage record = _records[index];
            if (record.exitingSince != 0) {
                emit LeftOut(index, record.account, era);
                vault.unbond(record.account);
                continue;
            }
            Bls12381.G1 memory key = _loadKey(record);
            sum.addInto(key);
            data.setRecord(staying, key, index);
            if (staying != i) _members[staying] = index;
            ++staying;
        }
        for (uint256 i = staying; i < members; i++) {
            _members.pop();
        }
        data.setAggregate(sum);
        address snapshot = data.create();
        uint32 eraKey = uint256(era).toUint32();
        _newest[era & 1] = Newest(eraKey, snapshot, time);
        _frozen.push(eraKey, (uint224(era) << 160) | uint160(snapshot));
        emit Frozen(era, snapshot, uint32(size));
    }

    /// @dev The snapshot of the set in force in an era, and genesis. The newest two sets cost one slot to read; an
    ///      older one is found by binary search.
    function _inForce(uint64 era) private view returns (address snapshot, uint64 time) {
        Newest memory same = _newest[era & 1];
        if (same.era == era) return (same.snapshot, same.genesis);
        Newest memory other = _newest[(era & 1) ^ 1];
        Newest memory last = same.era > other.era ? same : other;
        if (era > last.era) return (last.snapshot, last.genesis);
        return (address(uint160(_frozen.upperLookupRecent(uint256(era).toUint32()))), last.genesis);
    }

    // ------------------------------------------------------------------ records

    /// @dev Decodes the key and checks the proof of possession. Reverts if either does not hold.
    function _provenKey(
        bytes calldata blsKey,
        bytes calldata proofOfPossession
    ) private view returns (Bls12381.G1 memory key) {
        if (blsKey.length != Bls12381.G1_BYTES) revert WrongKeyLength(blsKey.length);
        if (proofOfPossession.length != Bls12381.G2_BYTES) revert WrongSignatureLength(proofOfPossession.length);
        key = Bls12381.g1(blsKey);
        Bls12381.G2 memory proof = Bls12381.g2(proofOfPossession);
        if (key.isInfinity()) revert InfinityKey();
        if (Bls12381.isInfinity(proof)) revert InfinityProof();
        bytes32 digest = Digests.proofOfPossession(block.chainid, address(this), msg.sender, blsKey);
        if (!Bls12381.verify(key, digest, proof)) revert InvalidProofOfPossession(msg.sender);
    }

    /// @dev The index of a registered account. Reverts with `NotRegistered`.
    function _registered(address account) private view returns (uint32 index) {
        index = _indexOf[account];
        if (index == 0) revert NotRegistered(account);
    }

    /// @dev The verifier with this index, with its key in EIP-2537 encoding.
    function _verifier(uint32 index) private view returns (Verifier memory) {
        Record storage record = _records[index];
        Bls12381.G1 memory key = _loadKey(record);
        return
            Verifier(
                index,
                record.account,
                record.capacityKbps,
                record.exitingSince,
                abi.encodePacked(key.xHi, key.xLo, key.yHi, key.yLo)
            );
    }

    /// @dev Packs the two coordinates of 48 bytes into three slots: both high parts share the first.
    function _storeKey(Record storage record, Bls12381.G1 memory key) private {
        record.packedKey[0] = bytes32((key.xHi << 128) | key.yHi);
        record.packedKey[1] = bytes32(key.xLo);
        record.packedKey[2] = bytes32(key.yLo);
    }

    /// @dev The inverse of `_storeKey`.
    function _loadKey(Record storage record) private view returns (Bls12381.G1 memory) {
        uint256 high = uint256(record.packedKey[0]);
        return Bls12381.G1(high >> 128, uint256(record.packedKey[1]), uint128(high), uint256(record.packedKey[2]));
    }
}
