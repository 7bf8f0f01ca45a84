// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {IEpochReports} from "../../src/interfaces/IEpochReports.sol";
import {ILanes} from "../../src/interfaces/ILanes.sol";
import {ISlashingManager} from "../../src/interfaces/ISlashingManager.sol";
import {ITransferEscrow} from "../../src/interfaces/ITransferEscrow.sol";
import {Bls12381} from "../../src/libraries/Bls12381.sol";
import {Digests} from "../../src/libraries/Digests.sol";
import {CHEATS, check} from "./Cheats.sol";

/// @notice Checks digests, leaves, trees and points against the golden vectors, which the nodes' tests read too.
contract VectorsTest {
    // ------------------------------------------------------------------ digests

    function testDomains() external view {
        string memory json = _read("digests");
        check(Digests.DOMAIN_HEADER == CHEATS.parseJsonBytes32(json, ".domains.header"), "header");
        check(Digests.DOMAIN_REPORT == CHEATS.parseJsonBytes32(json, ".domains.report"), "report");
        check(Digests.DOMAIN_COMMIT == CHEATS.parseJsonBytes32(json, ".domains.commit"), "commit");
        check(Digests.DOMAIN_BALLOT == CHEATS.parseJsonBytes32(json, ".domains.ballot"), "ballot");
        check(Digests.DOMAIN_SEEN == CHEATS.parseJsonBytes32(json, ".domains.seen"), "seen");
        bytes32 possession = CHEATS.parseJsonBytes32(json, ".domains.proofOfPossession");
        check(Digests.DOMAIN_PROOF_OF_POSSESSION == possession, "proof of possession");
        check(Digests.DOMAIN_REWARD == CHEATS.parseJsonBytes32(json, ".domains.reward"), "reward");
        check(Digests.DOMAIN_DECOY == CHEATS.parseJsonBytes32(json, ".domains.decoy"), "decoy");
        check(Digests.DOMAIN_CHANNEL == CHEATS.parseJsonBytes32(json, ".domains.channel"), "channel");
        check(Digests.DOMAIN_LANE == CHEATS.parseJsonBytes32(json, ".domains.lane"), "lane");
        check(Digests.DOMAIN_SERVED == CHEATS.parseJsonBytes32(json, ".domains.served"), "served");
    }

    function testDecoy() external view {
        string memory json = _read("digests");
        bytes32 digest = Digests.decoyCommitment(
            CHEATS.parseJsonUint(json, ".decoy.chainId"),
            CHEATS.parseJsonAddress(json, ".decoy.contract"),
            CHEATS.parseJsonAddress(json, ".decoy.provider"),
            uint64(CHEATS.parseJsonUint(json, ".decoy.firstEpoch")),
            uint64(CHEATS.parseJsonUint(json, ".decoy.lastEpoch")),
            CHEATS.parseJsonBytes32(json, ".decoy.seed")
        );
        check(digest == CHEATS.parseJsonBytes32(json, ".decoy.digest"), "decoy");
    }

    function testProofOfPossession() external view {
        string memory json = _read("digests");
        bytes32 digest = this.proofOfPossession(
            CHEATS.parseJsonUint(json, ".proofOfPossession.chainId"),
            CHEATS.parseJsonAddress(json, ".proofOfPossession.registry"),
            CHEATS.parseJsonAddress(json, ".proofOfPossession.account"),
            CHEATS.parseJsonBytes(json, ".proofOfPossession.blsKey")
        );
        check(digest == CHEATS.parseJsonBytes32(json, ".proofOfPossession.digest"), "proof of possession");
    }

    function testHeader() external view {
        string memory json = _read("digests");
        bytes32 digest = this.headerHash(
            CHEATS.parseJsonUint(json, ".header.chainId"),
            CHEATS.parseJsonAddress(json, ".header.contract"),
            _header(json)
        );
        check(digest == CHEATS.parseJsonBytes32(json, ".header.digest"), "header");
    }

    function testReport() external view {
        string memory json = _read("digests");
        bytes32 digest = Digests.report(
            CHEATS.parseJsonUint(json, ".report.chainId"),
            CHEATS.parseJsonAddress(json, ".report.contract"),
            uint64(CHEATS.parseJsonUint(json, ".report.era")),
            uint64(CHEATS.parseJsonUint(json, ".report.epoch")),
            uint32(CHEATS.parseJsonUint(json, ".report.round")),
            CHEATS.parseJsonBytes32(json, ".report.headerHash")
        );
        check(digest == CHEATS.parseJsonBytes32(json, ".report.digest"), "report");
    }

    function testEquivocation() external view {
        string memory json = _read("digests");
        bytes32[4] memory domains = [
            Digests.DOMAIN_COMMIT,
            Digests.DOMAIN_BALLOT,
            Digests.DOMAIN_SEEN,
            Digests.DOMAIN_REPORT
        ];
        for (uint256 kind = 0; kind < domains.length; kind++) {
            string memory pair = _at(".equivocation.digests", kind);
            check(_statement(json, domains[kind], "first") == CHEATS.parseJsonBytes32(json, _at(pair, 0)), "first");
            check(_statement(json, domains[kind], "second") == CHEATS.parseJsonBytes32(json, _at(pair, 1)), "second");
        }
    }

    function testChannel() external view {
        string memory json = _read("digests");
        bytes32 id = Digests.channel(
            CHEATS.parseJsonUint(json, ".channel.chainId"),
            CHEATS.parseJsonAddress(json, ".channel.contract"),
            ITransferEscrow.Channel({
                number: uint64(CHEATS.parseJsonUint(json, ".channel.number")),
                payer: CHEATS.parseJsonAddress(json, ".channel.payer"),
                payee: CHEATS.parseJsonAddress(json, ".channel.payee"),
                signer: CHEATS.parseJsonAddress(json, ".channel.signer"),
                price: uint96(CHEATS.parseJsonUint(json, ".channel.price"))
            })
        );
        check(id == CHEATS.parseJsonBytes32(json, ".channel.digest"), "channel");
    }

    function testLane() external view {
        string memory json = _read("digests");
        uint256 chainId = CHEATS.parseJsonUint(json, ".lane.chainId");
        address lanes = CHEATS.parseJsonAddress(json, ".lane.contract");
        bytes32 id = Digests.lane(
            chainId,
            lanes,
            ILanes.Lane({
                number: uint64(CHEATS.parseJsonUint(json, ".lane.number")),
                payer: CHEATS.parseJsonAddress(json, ".lane.payer"),
                payee: CHEATS.parseJsonAddress(json, ".lane.payee"),
                signer: CHEATS.parseJsonAddress(json, ".lane.signer"),
                kbps: uint32(CHEATS.parseJsonUint(json, ".lane.kbps")),
                fromSlot: uint64(CHEATS.parseJsonUint(json, ".lane.fromSlot")),
                slots: uint8(CHEATS.parseJsonUint(json, ".lane.slots")),
                slotPrice: uint128(CHEATS.parseJsonUint(json, ".lane.slotPrice"))
            })
        );
        check(id == CHEATS.parseJsonBytes32(json, ".lane.digest"), "lane");
        bytes32 digest = Digests.served(chainId, lanes, id, uint8(CHEATS.parseJsonUint(json, ".served.slotsServed")));
        check(digest == CHEATS.parseJsonBytes32(json, ".served.digest"), "served");
    }

    function testVoucher() external view {
        string memory json = _read("digests");
        bytes32 digest = Digests.voucher(
            CHEATS.parseJsonUint(json, ".voucher.chainId"),
            CHEATS.parseJsonAddress(json, ".voucher.contract"),
            Digests.Voucher({
                sessionId: CHEATS.parseJsonBytes32(json, ".voucher.voucher.sessionId"),
                bytesCarried: uint64(CHEATS.parseJsonUint(json, ".voucher.voucher.bytes")),
                head: CHEATS.parseJsonBytes32(json, ".voucher.voucher.head"),
                elapsedMs: uint32(CHEATS.parseJsonUint(json, ".voucher.voucher.elapsedMs")),
                channel: CHEATS.parseJsonBytes32(json, ".voucher.voucher.channel"),
                total: uint64(CHEATS.parseJsonUint(json, ".voucher.voucher.total"))
            })
        );
        check(digest == CHEATS.parseJsonBytes32(json, ".voucher.digest"), "digest");
        (uint8 v, bytes32 r, bytes32 s) = _split(CHEATS.parseJsonBytes(json, ".voucher.signature"));
        check(ecrecover(digest, v, r, s) == CHEATS.parseJsonAddress(json, ".voucher.signer"), "signer");
    }

    // ------------------------------------------------------------------ leaves and trees

    function testLeaf() external view {
        string memory json = _read("records");
        bytes memory encoded = CHEATS.parseJsonBytes(json, ".leaf.encoded");
        ISlashingManager.Leaf memory leaf = abi.decode(encoded, (ISlashingManager.Leaf));
        check(keccak256(abi.encode(leaf)) == keccak256(encoded), "encoding");
        check(this.leafHash(leaf) == CHEATS.parseJsonBytes32(json, ".leaf.leafHash"), "hash");
        check(leaf.provider == CHEATS.parseJsonAddress(json, ".leaf.record.provider"), "provider");
        check(leaf.penaltyBps == CHEATS.parseJsonUint(json, ".leaf.record.penaltyBps"), "penalty");
    }

    function testReward() external view {
        string memory json = _read("records");
        bytes32 hash = Digests.rewardLeaf(
            CHEATS.parseJsonAddress(json, ".reward.record.account"),
            CHEATS.parseJsonUint(json, ".reward.record.cumulative")
        );
        check(hash == CHEATS.parseJsonBytes32(json, ".reward.leafHash"), "reward");
    }

    function testTrees() external view {
        string memory json = _read("merkle");
        uint256 leaves;
        for (uint256 i = 0; CHEATS.keyExistsJson(json, _at(".trees", i)); i++) {
            bytes32 root = CHEATS.parseJsonBytes32(json, string.concat(_at(".trees", i), ".root"));
            string memory list = string.concat(_at(".trees", i), ".leaves");
            for (uint256 j = 0; CHEATS.keyExistsJson(json, _at(list, j)); j++) {
                bytes memory encoded = CHEATS.parseJsonBytes(json, string.concat(_at(list, j), ".encoded"));
                bytes32 hash = keccak256(bytes.concat(keccak256(encoded)));
                check(hash == CHEATS.parseJsonBytes32(json, string.concat(_at(list, j), ".hash")), "leaf");
                bytes32[] memory proof = CHEATS.parseJsonBytes32Array(json, string.concat(_at(list, j), ".proof"));
                check(MerkleProof.verify(proof, root, hash), "proof");
                ++leaves;
            }
        }
        check(leaves > 0, "no trees read");
    }

    // ------------------------------------------------------------------ points

    function testPoints() external view {
        string memory json = _read("bls");
        bytes32 digest = CHEATS.parseJsonBytes32(json, ".digest");
        bytes memory hashed = abi.encode(Bls12381.hashToG2(digest));
        check(keccak256(hashed) == keccak256(CHEATS.parseJsonBytes(json, ".messagePoint")), "hash to curve");
        bytes memory generator = abi.encode(Bls12381.negatedGenerator());
        check(keccak256(generator) == keccak256(CHEATS.parseJsonBytes(json, ".negativeGenerator")), "generator");

        Bls12381.G1 memory sum;
        uint256 signers;
        for (; CHEATS.keyExistsJson(json, _at(".signers", signers)); signers++) {
            bytes memory key = CHEATS.parseJsonBytes(
                json,
                string.concat(_at(".signers", signers), ".publicKeyEip2537")
            );
            bytes memory signature = CHEATS.parseJsonBytes(
                json,
                string.concat(_at(".signers", signers), ".signatureEip2537")
            );
            check(this.verify(key, digest, signature), "signature");
            check(!this.verify(key, ~digest, signature), "signature of another message");
            Bls12381.addInto(sum, abi.decode(key, (Bls12381.G1)));
        }
        check(signers > 1, "no signers read");
        bytes memory aggregate = CHEATS.parseJsonBytes(json, ".aggregate.publicKeyEip2537");
        check(keccak256(abi.encode(sum)) == keccak256(aggregate), "aggregate key");
        bytes memory joint = CHEATS.parseJsonBytes(json, ".aggregate.signatureEip2537");
        check(this.verify(aggregate, digest, joint), "aggregate signature");
    }

    // ------------------------------------------------------------------ wrappers that take calldata

    function proofOfPossession(
        uint256 chainId,
        address registry,
        address account,
        bytes calldata key
    ) external pure returns (bytes32) {
        return Digests.proofOfPossession(chainId, registry, account, key);
    }

    function headerHash(
        uint256 chainId,
        address reports,
        IEpochReports.Header calldata header
    ) external pure returns (bytes32) {
        return Digests.headerHash(chainId, reports, header);
    }

    function leafHash(ISlashingManager.Leaf calldata leaf) external pure returns (bytes32) {
        return Digests.leafHash(leaf);
    }

    function verify(bytes calldata key, bytes32 digest, bytes calldata signature) external view returns (bool) {
        return Bls12381.verify(Bls12381.g1(key), digest, Bls12381.g2(signature));
    }

    // ------------------------------------------------------------------ reading

    function _read(string memory name) private view returns (string memory) {
        return CHEATS.readFile(string.concat("proto/vectors/", name, ".json"));
    }

    function _statement(string memory json, bytes32 domain, string memory value) private pure returns (bytes32) {
        return
            Digests.statement(
                domain,
                CHEATS.parseJsonUint(json, ".equivocation.chainId"),
                CHEATS.parseJsonAddress(json, ".equivocation.contract"),
                uint64(CHEATS.parseJsonUint(json, ".equivocation.era")),
                uint64(CHEATS.parseJsonUint(json, ".equivocation.epoch")),
                uint32(CHEATS.parseJsonUint(json, ".equivocation.slot")),
                CHEATS.parseJsonBytes32(json, string.concat(".equivocation.", value))
            );
    }

    /// @dev A node writes 65 bytes in the order r, s, v.
    function _split(bytes memory signature) private pure returns (uint8 v, bytes32 r, bytes32 s) {
        check(signature.length == 65, "signature");
        v = uint8(signature[64]);
        assembly ("memory-safe") {
            r := mload(add(signature, 32))
            s := mload(add(signature, 64))
        }
    }

    function _at(string memory list, uint256 i) private pure returns (string memory) {
        return string.concat(list, "[", CHEATS.toString(i), "]");
    }

    function _header(string memory json) private pure returns (IEpochReports.Header memory header) {
        string memory path = ".header.header.";
        header.era = uint64(CHEATS.parseJsonUint(json, string.concat(path, "era")));
        header.epoch = uint64(CHEATS.parseJsonUint(json, string.concat(path, "epoch")));
        header.blockNumber = uint64(CHEATS.parseJsonUint(json, string.concat(path, "blockNumber")));
        header.blockHash = CHEATS.parseJsonBytes32(json, string.concat(path, "blockHash"));
        header.previousHeader = CHEATS.parseJsonBytes32(json, string.concat(path, "previousHeader"));
        header.scoreRoot = CHEATS.parseJsonBytes32(json, string.concat(path, "scoreRoot"));
        header.ballotSetRoot = CHEATS.parseJsonBytes32(json, string.concat(path, "ballotSetRoot"));
        header.rewardsRoot = CHEATS.parseJsonBytes32(json, string.concat(path, "rewardsRoot"));
        header.providerCount = uint32(CHEATS.parseJsonUint(json, string.concat(path, "providerCount")));
        header.commonFailure = CHEATS.parseJsonBool(json, string.concat(path, "commonFailure"));
    }
}
