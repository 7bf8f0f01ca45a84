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
}
