// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Blockhash} from "@openzeppelin/contracts/utils/Blockhash.sol";
import {IEpochReports} from "./interfaces/IEpochReports.sol";
import {IVerifierRegistry} from "./interfaces/IVerifierRegistry.sol";
import {Bls12381} from "./libraries/Bls12381.sol";
import {Digests} from "./libraries/Digests.sol";
import {EpochClock} from "./libraries/EpochClock.sol";
import {KeySnapshot} from "./libraries/KeySnapshot.sol";

/// @notice Takes an epoch's report when more than two thirds of the frozen set signed it. What it costs depends on who
///         did not sign, and not at all on how many providers there are.
contract EpochReports is IEpochReports {
    using Bls12381 for Bls12381.G1;
    using KeySnapshot for address;

    struct Report {
        bytes32 headerHash;
        bytes32 scoreRoot;
    }

    IVerifierRegistry public immutable registry;
    bytes32 public immutable parametersHash;
    uint64 public immutable settlementSeconds;
    uint64 private immutable _epochSeconds;
    uint64 private immutable _eraEpochs;

    /// @dev One more than the last epoch accepted: never zero, so that the first post costs no more than the next.
    uint64 private _nextEpoch = 1;
    /// @dev The registry's, known from the first post on.
    uint64 private _genesis;
    /// @dev The first half of the last header's hash: enough to check what more than two thirds signed, and in this slot.
    bytes16 private _lastHeaderStart;
    mapping(uint64 epoch => Report) private _reports;

    constructor(IVerifierRegistry registry_, bytes32 parametersHash_, uint64 settlementSeconds_) {
        Bls12381.requirePrecompiles();
        registry = registry_;
        parametersHash = parametersHash_;
        settlementSeconds = settlementSeconds_;
        _epochSeconds = registry_.epochSeconds();
        _eraEpochs = registry_.eraEpochs();
    }

    // ------------------------------------------------------------------ posting

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
        Bls12381.G1 memory signers = _signersKey(snapshot, nonSigners);
        if (!_isSigned(signers, digest, signature)) revert InvalidCertificate(hash, round);

        (_nextEpoch, _genesis, _lastHeaderStart) = (header.epoch + 1, genesis, bytes16(hash));
        _reports[header.epoch] = Report(hash, header.scoreRoot);
        emit Posted(header.epoch, hash, header, round, nonSigners, msg.sender);
    }

    // ------------------------------------------------------------------ views

    function lastEpoch() public view returns (uint64) {
        return _nextEpoch - 1;
    }

    function lastHeaderHash() public view returns (bytes32) {
        return _reports[lastEpoch()].headerHash;
    }

    function headerHashOf(uint64 epoch) external view returns (bytes32) {
        return _reports[epoch].headerHash;
    }

    function scoreRootOf(uint64 epoch) external view returns (bytes32) {
        return _reports[epoch].scoreRoot;
    }

    function isFinal(uint64 epoch) external view returns (bool) {
        return _reports[epoch].headerHash != 0 && _finalAt(epoch) <= block.timestamp;
    }

    function settlementOf(uint64 epoch) external view returns (bytes32 scoreRoot, uint64 epochStart, uint64 finalAt) {
        scoreRoot = _reports[epoch].scoreRoot;
        if (scoreRoot == 0) return (0, 0, 0);
        return (scoreRoot, EpochClock.startOf(_genesis, _epochSeconds, epoch), _finalAt(epoch));
    }

    /// @dev The delay counts from the end of the time in which the epoch can be posted, so it is the same whoever posts
    ///      when, and needs no record of its own.
    function _finalAt(uint64 epoch) private view returns (uint64) {
        return EpochClock.startOf(_genesis, _epochSeconds, epoch + 2) + settlementSeconds;
    }

    // ------------------------------------------------------------------ checks

    /// @dev The header's place in time and in the chain of headers.
    function _checkPlace(Header calldata header, uint64 genesis) private view {
        if (genesis == 0) revert NotStarted();
        uint64 current = EpochClock.epochAt(genesis, _epochSeconds, block.timestamp);
        uint64 postable = current == 0 ? 0 : current - 1;
        if (header.epoch != postable || postable == 0) revert NotPostable(header.epoch, postable);
        if (lastEpoch() == header.epoch) revert AlreadyPosted(header.epoch, lastHeaderHash());
        uint64 era = EpochClock.eraOf(_eraEpochs, header.epoch);
        if (header.era != era) revert WrongEra(header.era, era);
        if (bytes16(header.previousHeader) != _lastHeaderStart) {
            revert WrongPreviousHeader(header.previousHeader, lastHeaderHash());
        }
        bytes32 known = header.blockNumber < block.number ? Blockhash.blockHash(header.blockNumber) : bytes32(0);
        if (known == 0 || header.blockHash != known) {
            revert WrongBlockHash(header.blockNumber, header.blockHash, known);
        }
    }

    /// @dev Sum of the keys of all who signed.
    function _signersKey(address snapshot, uint32[] calldata nonSigners) private view returns (Bls12381.G1 memory key) {
        uint256 size = snapshot.sizeOf();
        uint32 previous;
        for (uint256 i = 0; i < nonSigners.length; ++i) {
            uint32 position = nonSigners[i];
            if (position >= size) revert NonSignerOutOfRange(position, size);
            if (position <= previous && i > 0) revert NonSignersNotAscending(position, previous);
            previous = position;
        }
        uint256 signers = size - nonSigners.length;
        if (signers * 3 <= size * 2) revert TooFewSigners(signers, size);
        key = snapshot.aggregateOf();
        if (nonSigners.length > 0) {
            key.addInto(snapshot.sumOf(nonSigners).negate());
        }
        if (key.isInfinity()) revert InfinityAggregate();
    }

    function _isSigned(Bls12381.G1 memory key, bytes32 digest, bytes calldata signature) private view returns (bool) {
        if (signature.length != Bls12381.G2_BYTES) revert WrongSignatureLength(signature.length);
        Bls12381.G2 memory point = Bls12381.g2(signature);
        if (Bls12381.isInfinity(point)) revert InfinitySignature();
        return Bls12381.verify(key, digest, point);
    }
}
