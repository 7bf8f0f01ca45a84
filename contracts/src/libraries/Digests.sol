// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IEpochReports} from "../interfaces/IEpochReports.sol";
import {ISlashingManager} from "../interfaces/ISlashingManager.sol";

/// @notice What is hashed and signed: the same values as proto/domains.ts and proto/digests.ts; the golden vectors keep
///         the two in step.
library Digests {
    bytes32 internal constant DOMAIN_HEADER = keccak256("bandwitness/v1/header");
    bytes32 internal constant DOMAIN_REPORT = keccak256("bandwitness/v1/report");
    bytes32 internal constant DOMAIN_PROOF_OF_POSSESSION = keccak256("bandwitness/v1/proof-of-possession");

    bytes32 internal constant VOUCHER_DOMAIN_TYPE = keccak256(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    );
    bytes32 internal constant VOUCHER_TYPE = keccak256(
        "Receipt(bytes32 sessionId,uint32 sender,uint64 bytes,bytes32 head,uint32 elapsedMs)"
    );
    bytes32 internal constant VOUCHER_NAME = keccak256("Bandwitness");
    bytes32 internal constant VOUCHER_VERSION = keccak256("1");

    /// @notice A receipt of a session: signed by the provider over what it forwarded, and by the receiver over what it
    ///         hashed.
    struct Voucher {
        bytes32 sessionId;
        uint32 sender;
        uint64 bytesCarried;
        bytes32 head;
        uint32 elapsedMs;
    }

    /// @notice What a proof of possession signs: binds a BLS key to one account of one registry on one chain.
    function proofOfPossession(
        uint256 chainId,
        address registry,
        address account,
        bytes calldata blsKey
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_PROOF_OF_POSSESSION, chainId, registry, account, keccak256(blsKey)));
    }

    function headerHash(
        uint256 chainId,
        address reports,
        IEpochReports.Header calldata header
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_HEADER, chainId, reports, header));
    }

    /// @notice What a partial signature, and so the certificate, signs.
    function report(
        uint256 chainId,
        address reports,
        uint64 era,
        uint64 epoch,
        uint32 round,
        bytes32 header
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_REPORT, chainId, reports, era, epoch, round, header));
    }

    /// @notice Hashed twice so that no inner node of the tree can pass for a leaf.
    function leafHash(ISlashingManager.Leaf calldata leaf) internal pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(leaf))));
    }

    /// @notice EIP-712 digest of a receipt, which the provider and the receiver sign with their accounts' keys.
    function voucher(uint256 chainId, address reports, Voucher memory receipt) internal pure returns (bytes32) {
        bytes32 separator = keccak256(abi.encode(VOUCHER_DOMAIN_TYPE, VOUCHER_NAME, VOUCHER_VERSION, chainId, reports));
        return keccak256(abi.encodePacked(hex"1901", separator, keccak256(abi.encode(VOUCHER_TYPE, receipt))));
    }
}
