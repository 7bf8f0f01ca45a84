// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Blockhash} from "@openzeppelin/contracts/utils/Blockhash.sol";
import {IEpochReports} from "./interfaces/IEpochReports.sol";
import {IVerifierRegistry} from "./interfaces/IVerifierRegistry.sol";
import {Bls12381} from "./libraries/Bls12381.sol";
import {Certificates} from "./libraries/Certificates.sol";
import {Digests} from "./libraries/Digests.sol";
import {EpochClock} from "./libraries/EpochClock.sol";
import {KeySnapshot} from "./libraries/KeySnapshot.sol";

/// @notice Accepts the report of an epoch if more than two thirds of the frozen set signed it.
/// @dev The cost of a post grows with the number of non-signers. The number of providers does not matter.
contract EpochReports is IEpochReports {
    using KeySnapshot for address;

    /// @dev The signers of the last eras. Entry `era` modulo `SIGNED_ERAS` holds the era above `POSITIONS` bits, and
    ///      below them one bit for each position of the set. Never zero, so that the first post of an era costs little.
    uint256 private constant SIGNED_ERAS = 4;
    uint256 private constant POSITIONS = 191;

    /// @notice The registry that keeps the clock and the frozen sets.
    IVerifierRegistry public immutable registry;
    /// @inheritdoc IEpochReports
    bytes32 public immutable parametersHash;
    /// @inheritdoc IEpochReports
    uint64 public immutable settlementSeconds;
    uint64 private immutable _epochSeconds;
    uint64 private immutable _eraEpochs;
    uint32 private immutable _minimumVerifiers;

    /// @dev One more than the last accepted epoch. Never zero, so the first post costs no more than later ones.
    uint64 private _nextEpoch = 1;
    /// @dev The registry's genesis, copied by each post; zero before the first.
    uint64 private _genesis;
    /// @dev The first half of the last header's hash. Half suffices because more than two thirds signed the full hash
    ///      in the header, and half fits into this slot.
    bytes16 private _lastHeaderStart;
    /// @inheritdoc IEpochReports
    mapping(uint64 epoch => bytes32) public headerHashOf;
    /// @inheritdoc IEpochReports
    mapping(uint64 blockNumber => bytes32) public notedBlock;
    /// @dev See `SIGNED_ERAS`.
    uint256[SIGNED_ERAS] private _signers;

    /// @notice Reverts with `PrecompileUnusable` on a chain without the EIP-2537 precompiles.
    /// @param registry_ The registry that keeps the clock and the frozen sets
    /// @param parametersHash_ The hash of the network parameters (`paramsHash` in proto/params.ts)
    /// @param settlementSeconds_ The settlement delay, in seconds
    constructor(IVerifierRegistry registry_, bytes32 parametersHash_, uint64 settlementSeconds_) {
        Bls12381.requirePrecompiles();
        registry = registry_;
        parametersHash = parametersHash_;
        settlementSeconds = settlementSeconds_;
        _epochSeconds = registry_.epochSeconds();
        _eraEpochs = registry_.eraEpochs();
        _minimumVerifiers = registry_.minimumVerifiers();
        for (uint256 i = 0; i < SIGNED_ERAS; ++i) {
            _signers[i] = uint256(type(uint64).max) << POSITIONS; // an era that never comes
        }
    }

    // ------------------------------------------------------------------ posting

    /// @inheritdoc IEpochReports
    function post(
        Header calldata header,
        uint32 round,
        uint32[] calldata nonSigners,
        bytes calldata signature
    ) external {
        (address snapshot, uint64 genesis) = registry.certificateSet(header.era);
        _checkPlace(header, genesis);
        bytes32 hash = Digests.headerHash(block.chainid, address(this), header);
        bytes32 digest = Digests.report(block.chainid, address(this), header.era, header.epoch, round, hash);
        (Bls12381.G1 memory key, uint256 signers) = _signersOf(snapshot, nonSigners);
        if (!Certificates.isSigned(key, digest, signature)) revert InvalidCertificate(hash, round);

        (_nextEpoch, _genesis, _lastHeaderStart) = (header.epoch + 1, genesis, bytes16(hash));
        headerHashOf[header.epoch] = hash;
        _markSigners(header.era, signers);
        _emitPosted(hash, header, round, nonSigners);
    }

    /// @inheritdoc IEpochReports
    function noteBlock(uint64 blockNumber) external {
        bytes32 known = _blockHash(blockNumber);
        if (known == 0) revert BlockUnknown(blockNumber);
        notedBlock[blockNumber] = known;
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc IEpochReports
    function lastEpoch() public view returns (uint64) {
        return _nextEpoch - 1;
    }

    /// @inheritdoc IEpochReports
    function lastHeaderHash() public view returns (bytes32) {
        return headerHashOf[lastEpoch()];
    }

    /// @inheritdoc IEpochReports
    function openReport(Header calldata header) external view returns (uint64 epochStart, uint64 finalAt) {
        bytes32 accepted = headerHashOf[header.epoch];
        if (accepted == 0) revert NotPosted(header.epoch);
        bytes32 given = Digests.headerHash(block.chainid, address(this), header);
        if (given != accepted) revert NotTheReport(header.epoch, given, accepted);
        return (EpochClock.startOf(_genesis, _epochSeconds, header.epoch), _finalAt(header.epoch));
    }

    /// @inheritdoc IEpochReports
    function isFinal(uint64 epoch) external view returns (bool) {
        return headerHashOf[epoch] != 0 && _finalAt(epoch) <= block.timestamp;
    }

    /// @inheritdoc IEpochReports
    function signersIn(uint64 era) external view returns (uint256 bitmap) {
        uint256 entry = _signers[era % SIGNED_ERAS];
        return entry >> POSITIONS == era ? entry & ((1 << POSITIONS) - 1) : 0;
    }

    /// @dev The end of the settlement delay, in unix seconds. The delay counts from the last moment at which the epoch
    ///      can be posted. So the end does not depend on the time of the post, and needs no storage.
    function _finalAt(uint64 epoch) private view returns (uint64) {
        return EpochClock.startOf(_genesis, _epochSeconds, epoch + 2) + settlementSeconds;
    }

    // ------------------------------------------------------------------ checks

    /// @dev Reverts if the header does not fit the clock, the era, the last accepted header or the block hash.
    function _checkPlace(Header calldata header, uint64 genesis) private view {
        if (genesis == 0) revert NotStarted();
        uint64 current = EpochClock.epochAt(genesis, _epochSeconds, block.timestamp);
        uint64 postable = current == 0 ? 0 : current - 1;
        uint64 epoch = header.epoch;
        if (epoch != postable || epoch == 0) revert NotPostable(epoch, postable);
        if (lastEpoch() == epoch) revert AlreadyPosted(epoch, lastHeaderHash());
        uint64 era = EpochClock.eraOf(_eraEpochs, epoch);
        if (header.era != era) revert WrongEra(header.era, era);
        if (bytes16(header.previousHeader) != _lastHeaderStart) {
            revert WrongPreviousHeader(header.previousHeader, lastHeaderHash());
        }
        uint64 blockNumber = header.blockNumber;
        bytes32 known = _blockHash(blockNumber);
        if (known == 0) known = notedBlock[blockNumber];
        if (known == 0 || header.blockHash != known) revert WrongBlockHash(blockNumber, header.blockHash, known);
    }

    /// @dev The hash of a past block; zero if the chain no longer knows it, or does not know it yet.
    function _blockHash(uint64 blockNumber) private view returns (bytes32) {
        return blockNumber < block.number ? Blockhash.blockHash(blockNumber) : bytes32(0);
    }

    /// @dev Who signed. Reverts if the set is too small, and with the errors of `Certificates.signersOf`.
    function _signersOf(
        address snapshot,
        uint32[] calldata nonSigners
    ) private view returns (Bls12381.G1 memory key, uint256 signers) {
        uint256 size;
        (size, key) = snapshot.sumOfAll();
        if (size < _minimumVerifiers) revert SetTooSmall(size, _minimumVerifiers);
        return Certificates.signersOf(snapshot, size, key, nonSigners);
    }

    /// @dev Emits `Posted` with the words of the call data as they are, like `Digests.headerHash`.
    function _emitPosted(bytes32 hash, Header calldata header, uint32 round, uint32[] calldata nonSigners) private {
        bytes32 topic = Posted.selector;
        uint64 epoch = header.epoch;
        assembly ("memory-safe") {
            let data := mload(0x40) // the header's ten words, the round, where the list begins, the list
            calldatacopy(data, header, 320)
            mstore(add(data, 320), round)
            mstore(add(data, 352), 384)
            mstore(add(data, 384), nonSigners.length)
            let listBytes := shl(5, nonSigners.length)
            calldatacopy(add(data, 416), nonSigners.offset, listBytes)
            log3(data, add(416, listBytes), topic, epoch, hash)
        }
    }

    /// @dev Adds the signers to those of the era. Writes nothing if all of them are marked.
    function _markSigners(uint64 era, uint256 signers) private {
        uint256 place = era % SIGNED_ERAS;
        uint256 entry = _signers[place];
        uint256 marked = (entry >> POSITIONS == era ? entry : uint256(era) << POSITIONS) | signers;
        if (marked != entry) _signers[place] = marked;
    }
}
