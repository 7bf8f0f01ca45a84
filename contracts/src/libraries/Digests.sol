// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IEpochReports} from "../interfaces/IEpochReports.sol";
import {ILanes} from "../interfaces/ILanes.sol";
import {IRefutations} from "../interfaces/IRefutations.sol";
import {ISlashingManager} from "../interfaces/ISlashingManager.sol";
import {ITransferEscrow} from "../interfaces/ITransferEscrow.sol";

/// @notice The digests that nodes hash and sign. They equal those of proto/domains.ts and proto/digests.ts; the golden
///         vectors check both.
library Digests {
    /// @dev Each digest starts with the domain of its purpose, so that no signature serves two purposes.
    bytes32 internal constant DOMAIN_HEADER = keccak256("bandwitness/v1/header");
    bytes32 internal constant DOMAIN_COMMIT = keccak256("bandwitness/v1/commit");
    bytes32 internal constant DOMAIN_BALLOT = keccak256("bandwitness/v1/ballot");
    bytes32 internal constant DOMAIN_SEEN = keccak256("bandwitness/v1/seen");
    bytes32 internal constant DOMAIN_REPORT = keccak256("bandwitness/v1/report");
    bytes32 internal constant DOMAIN_PROOF_OF_POSSESSION = keccak256("bandwitness/v1/proof-of-possession");
    bytes32 internal constant DOMAIN_REWARD = keccak256("bandwitness/v1/reward");
    bytes32 internal constant DOMAIN_DECOY = keccak256("bandwitness/v1/decoy");
    bytes32 internal constant DOMAIN_CHANNEL = keccak256("bandwitness/v1/channel");
    bytes32 internal constant DOMAIN_LANE = keccak256("bandwitness/v1/lane");
    bytes32 internal constant DOMAIN_SERVED = keccak256("bandwitness/v1/served");

    /// @dev The sizes of the structs in call data: a word for each field.
    uint256 private constant HEADER_BYTES = 10 * 32;
    uint256 private constant LEAF_BYTES = 22 * 32;
    uint256 private constant VOTE_BYTES = 30 * 32;

    /// @dev The EIP-712 types and the EIP-712 domain of a receipt.
    bytes32 internal constant VOUCHER_DOMAIN_TYPE = keccak256(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    );
    bytes32 internal constant VOUCHER_TYPE = keccak256(
        "Receipt(bytes32 sessionId,uint64 bytes,bytes32 head,uint32 elapsedMs,bytes32 channel,uint64 total)"
    );
    bytes32 internal constant VOUCHER_NAME = keccak256("Bandwitness");
    bytes32 internal constant VOUCHER_VERSION = keccak256("1");

    /// @notice A receipt of a session. The provider signs the bytes that it forwarded, the receiver the bytes that it
    ///         hashed. In a channel, the signature of the channel's signer makes it a payment.
    struct Voucher {
        /// @notice The id of the session between the provider and one opener
        bytes32 sessionId;
        /// @notice The IP-layer bytes that the sender's data took so far, cumulative
        uint64 bytesCarried;
        /// @notice The head of the provider's chain of receipts
        bytes32 head;
        /// @notice The time since the provider opened the session, in milliseconds
        uint32 elapsedMs;
        /// @notice The id of the channel that pays for the bytes; zero in a probe
        bytes32 channel;
        /// @notice The bytes of the channel so far, over all of its sessions; zero in a probe
        uint64 total;
    }

    /// @notice The digest that a proof of possession signs. It binds a BLS key to one account, registry and chain.
    /// @param chainId The chain id
    /// @param registry The address of the verifier registry
    /// @param account The account that registers the key
    /// @param blsKey The key: 128 bytes, a G1 point in EIP-2537 encoding
    /// @return The digest
    function proofOfPossession(
        uint256 chainId,
        address registry,
        address account,
        bytes calldata blsKey
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_PROOF_OF_POSSESSION, chainId, registry, account, keccak256(blsKey)));
    }

    /// @notice The hash of a header, which binds the header to one network.
    /// @dev The words of the call data are hashed as they are, which costs a third of `abi.encode`. A word that no header
    ///      has, such as a boolean 2, gives a hash that nobody signed.
    /// @param chainId The chain id
    /// @param reports The address of `EpochReports`
    /// @param header The header
    /// @return hash The hash
    function headerHash(
        uint256 chainId,
        address reports,
        IEpochReports.Header calldata header
    ) internal pure returns (bytes32 hash) {
        bytes32 domain = DOMAIN_HEADER;
        assembly ("memory-safe") {
            let data := mload(0x40) // scratch memory: the free pointer does not move
            mstore(data, domain)
            mstore(add(data, 32), chainId)
            mstore(add(data, 64), reports)
            calldatacopy(add(data, 96), header, HEADER_BYTES)
            hash := keccak256(data, add(96, HEADER_BYTES))
        }
    }

    /// @notice The report digest: verifiers sign it, and the certificate aggregates their signatures.
    /// @param chainId The chain id
    /// @param reports The address of `EpochReports`
    /// @param era The era of the epoch
    /// @param epoch The epoch
    /// @param round The agreement round
    /// @param header The hash of the header
    /// @return The digest
    function report(
        uint256 chainId,
        address reports,
        uint64 era,
        uint64 epoch,
        uint32 round,
        bytes32 header
    ) internal pure returns (bytes32) {
        return statement(DOMAIN_REPORT, chainId, reports, era, epoch, round, header);
    }

    /// @notice The digest of a statement: what a verifier signs once in an epoch, or a report once in a round.
    /// @param domain The domain of the statement's kind
    /// @param chainId The chain id
    /// @param reports The address of `EpochReports`
    /// @param era The era of the epoch
    /// @param epoch The epoch
    /// @param slot The agreement round of a report; the verifier's registry index for the other kinds
    /// @param value The commitment, the ballot root, the hash of the seen list, or the hash of the header
    /// @return digest The digest
    function statement(
        bytes32 domain,
        uint256 chainId,
        address reports,
        uint64 era,
        uint64 epoch,
        uint32 slot,
        bytes32 value
    ) internal pure returns (bytes32 digest) {
        assembly ("memory-safe") {
            let data := mload(0x40) // scratch memory: the free pointer does not move
            mstore(data, domain)
            mstore(add(data, 32), chainId)
            mstore(add(data, 64), reports)
            mstore(add(data, 96), era)
            mstore(add(data, 128), epoch)
            mstore(add(data, 160), slot)
            mstore(add(data, 192), value)
            digest := keccak256(data, 224)
        }
    }

    /// @notice The commitment of a decoy to the seed that draws its rates.
    /// @param chainId The chain id
    /// @param decoys The address of `Decoys`
    /// @param provider The account of the provider
    /// @param firstEpoch The first epoch of the range
    /// @param lastEpoch The last epoch of the range
    /// @param seed The seed
    /// @return The commitment
    function decoyCommitment(
        uint256 chainId,
        address decoys,
        address provider,
        uint64 firstEpoch,
        uint64 lastEpoch,
        bytes32 seed
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_DECOY, chainId, decoys, provider, firstEpoch, lastEpoch, seed));
    }

    /// @notice The id of a payment channel.
    /// @param chainId The chain id
    /// @param escrow The address of `TransferEscrow`
    /// @param opened The channel
    /// @return The id
    function channel(
        uint256 chainId,
        address escrow,
        ITransferEscrow.Channel memory opened
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_CHANNEL, chainId, escrow, opened));
    }

    /// @notice The id of a lane.
    /// @param chainId The chain id
    /// @param lanes The address of `Lanes`
    /// @param reserved The lane
    /// @return The id
    function lane(uint256 chainId, address lanes, ILanes.Lane memory reserved) internal pure returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_LANE, chainId, lanes, reserved));
    }

    /// @notice The digest that a lane's signer signs for the slots that were served.
    /// @param chainId The chain id
    /// @param lanes The address of `Lanes`
    /// @param id The id of the lane
    /// @param slotsServed The slots that were served so far
    /// @return The digest
    function served(uint256 chainId, address lanes, bytes32 id, uint8 slotsServed) internal pure returns (bytes32) {
        return keccak256(abi.encode(DOMAIN_SERVED, chainId, lanes, id, slotsServed));
    }

    /// @notice The hash of a leaf. It is hashed twice so that no inner node of the tree can pass for a leaf.
    /// @dev Hashes the words of the call data as they are, like `headerHash`.
    /// @param leaf The leaf
    /// @return hash The hash
    function leafHash(ISlashingManager.Leaf calldata leaf) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let data := mload(0x40)
            calldatacopy(data, leaf, LEAF_BYTES)
            mstore(0, keccak256(data, LEAF_BYTES))
            hash := keccak256(0, 32)
        }
    }

    /// @notice The hash of a vote, a leaf of a ballot.
    /// @dev Hashes the words of the call data as they are, like `headerHash`.
    /// @param vote The vote
    /// @return hash The hash
    function voteHash(IRefutations.Vote calldata vote) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let data := mload(0x40)
            calldatacopy(data, vote, VOTE_BYTES)
            mstore(0, keccak256(data, VOTE_BYTES))
            hash := keccak256(0, 32)
        }
    }

    /// @notice The hash of a leaf of the rewards tree. Its domain keeps leaves of other trees out.
    /// @param account The account
    /// @param cumulative All that the account has earned since the network began, in wei
    /// @return The hash
    function rewardLeaf(address account, uint256 cumulative) internal pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(DOMAIN_REWARD, account, cumulative))));
    }

    /// @notice The EIP-712 digest of a receipt. The provider and the receiver sign it with the keys of their accounts.
    /// @param chainId The chain id
    /// @param reports The address of `EpochReports`
    /// @param receipt The receipt
    /// @return The digest
    function voucher(uint256 chainId, address reports, Voucher memory receipt) internal pure returns (bytes32) {
        bytes32 separator = keccak256(abi.encode(VOUCHER_DOMAIN_TYPE, VOUCHER_NAME, VOUCHER_VERSION, chainId, reports));
        return keccak256(abi.encodePacked(hex"1901", separator, keccak256(abi.encode(VOUCHER_TYPE, receipt))));
    }
}
