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

    /// @notice The facts that the contract keeps of an accepted report.
    struct Report {
        bytes32 headerHash;
        bytes32 scoreRoot;
    }

    uint64 private constant SIGNER_ERAS = 4;
    uint256 private constant ERA_SHIFT = 192;

    /// @notice The registry that keeps the clock and the frozen sets.
    IVerifierRegistry public immutable registry;
    /// @inheritdoc IEpochReports
    bytes32 public immutable parametersHash;
    /// @inheritdoc IEpochReports
    uint64 public immutable settlementSeconds;
    uint64 private immutable _epochSeconds;
    uint64 private immutable _eraEpochs;

    /// @dev One more than the last accepted epoch. Never zero, so the first post costs no more than later ones.
    uint64 private _nextEpoch = 1;
    /// @dev The registry's genesis, copied by each post; zero before the first.
    uint64 private _genesis;
    /// @dev The first half of the last header's hash. Half suffices because more than two thirds signed the full hash
    ///      in the header, and half fits into this slot.
    bytes16 private _lastHeaderStart;
    /// @dev The accepted reports.
    mapping(uint64 epoch => Report) private _reports;
    /// @dev The signers of the last eras, by era modulo their number: the era in the high 64 bits, one bit for each
    ///      position below.
    uint256[SIGNER_ERAS] private _signers;

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
        for (uint256 i = 0; i < SIGNER_ERAS; ++i) {
            _signers[i] = uint256(type(uint64).max) << ERA_SHIFT; // an era that never comes, so no slot is new
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
        if (!Certificates.holds(snapshot, digest, nonSigners, signature)) revert InvalidCertificate(hash, round);

        (_nextEpoch, _genesis, _lastHeaderStart) = (header.epoch + 1, genesis, bytes16(hash));
        _reports[header.epoch] = Report(hash, header.scoreRoot);
        _markSigners(header.era, snapshot.sizeOf(), nonSigners);
        emit Posted(header.epoch, hash, header, round, nonSigners, msg.sender);
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc IEpochReports
    function lastEpoch() public view returns (uint64) {
        return _nextEpoch - 1;
    }

    /// @inheritdoc IEpochReports
    function lastHeaderHash() public view returns (bytes32) {
        return _reports[lastEpoch()].headerHash;
    }

    /// @inheritdoc IEpochReports
    function headerHashOf(uint64 epoch) external view returns (bytes32) {
        return _reports[epoch].headerHash;
    }

    /// @inheritdoc IEpochReports
    function scoreRootOf(uint64 epoch) external view returns (bytes32) {
        return _reports[epoch].scoreRoot;
    }

    /// @inheritdoc IEpochReports
    function isFinal(uint64 epoch) external view returns (bool) {
        return _reports[epoch].headerHash != 0 && _finalAt(epoch) <= block.timestamp;
    }

    /// @inheritdoc IEpochReports
    function signersIn(uint64 era) external view returns (uint256) {
        uint256 word = _signers[era % SIGNER_ERAS];
        return word >> ERA_SHIFT == era ? word & ((1 << ERA_SHIFT) - 1) : 0;
    }

    /// @inheritdoc IEpochReports
    function settlementOf(uint64 epoch) external view returns (bytes32 scoreRoot, uint64 epochStart, uint64 finalAt) {
        scoreRoot = _reports[epoch].scoreRoot;
        if (scoreRoot == 0) return (0, 0, 0);
        return (scoreRoot, EpochClock.startOf(_genesis, _epochSeconds, epoch), _finalAt(epoch));
    }

    /// @dev The end of the settlement delay, in unix seconds. The delay counts from the last moment at which the epoch
    ///      can be posted. So the end does not depend on the time of the post, and needs no storage.
    function _finalAt(uint64 epoch) private view returns (uint64) {
        return EpochClock.startOf(_genesis, _epochSeconds, epoch + 2) + settlementSeconds;
    }

    /// @dev Adds the signers of a certificate to those of its era.
    function _markSigners(uint64 era, uint256 size, uint32[] calldata nonSigners) private {
        uint256 word = (uint256(era) << ERA_SHIFT) | ((1 << size) - 1);
        for (uint256 i = 0; i < nonSigners.length; ++i) word ^= 1 << nonSigners[i];
        uint256 known = _signers[era % SIGNER_ERAS];
        if (known >> ERA_SHIFT == era) word |= known;
        if (word != known) _signers[era % SIGNER_ERAS] = word;
    }

    // ------------------------------------------------------------------ checks

    /// @dev Reverts if the header does not fit the clock, the era, the last accepted header or the block hash.
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
}
