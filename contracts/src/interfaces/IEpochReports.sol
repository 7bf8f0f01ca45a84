// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice Accepts one certified report per epoch. More than two thirds of the frozen verifier set must sign a report.
interface IEpochReports {
    /// @notice The header of a report. Verifiers sign the hash of the header.
    /// @dev The field order is the order of `HEADER_FIELDS` in proto/header.ts.
    struct Header {
        /// @notice The era that contains the epoch (the first era is 1)
        uint64 era;
        /// @notice The epoch that the report covers (the first epoch is 1)
        uint64 epoch;
        /// @notice The number of B(e), the last block before the epoch starts
        uint64 blockNumber;
        /// @notice The hash of that block
        bytes32 blockHash;
        /// @notice The hash of the last accepted header, or zero if there is none
        bytes32 previousHeader;
        /// @notice The Merkle root of the leaves, one leaf per active provider
        bytes32 scoreRoot;
        /// @notice The Merkle root of the ballot set from which the leaves were computed
        bytes32 ballotSetRoot;
        /// @notice The Merkle root of the rewards (zero for now: no contract pays rewards yet)
        bytes32 rewardsRoot;
        /// @notice The number of leaves under the score root
        uint32 providerCount;
        /// @notice True if too many providers newly fell below the slashing threshold; the report then sets no breach
        bool commonFailure;
    }

    // ------------------------------------------------------------------ events

    /// @notice Emitted when the contract accepts a report.
    /// @param epoch The epoch that the report covers
    /// @param headerHash The hash of the header
    /// @param header The header
    /// @param round The agreement round that the verifiers signed (the first round is 0)
    /// @param nonSigners The positions in the frozen set of the verifiers that did not sign, in ascending order
    event Posted(uint64 indexed epoch, bytes32 indexed headerHash, Header header, uint32 round, uint32[] nonSigners);

    // ------------------------------------------------------------------ errors

    /// @notice Thrown by `post` if nobody has started the network.
    error NotStarted();

    /// @notice Thrown by `post` if the epoch is not the one before the current epoch.
    /// @param epoch The epoch of the header
    /// @param postableEpoch The epoch that can be posted now, or zero if no epoch has ended yet
    error NotPostable(uint64 epoch, uint64 postableEpoch);

    /// @notice Thrown by `post` if the epoch already has a report.
    /// @param epoch The epoch of the header
    /// @param headerHash The hash of the accepted header
    error AlreadyPosted(uint64 epoch, bytes32 headerHash);

    /// @notice Thrown by `post` if the era does not contain the epoch.
    /// @param era The era of the header
    /// @param expected The era that contains the epoch
    error WrongEra(uint64 era, uint64 expected);

    /// @notice Thrown by `post` if the header does not name the last accepted header.
    /// @param previousHeader The hash that the header names
    /// @param lastHeader The hash of the last accepted header, or zero if there is none
    error WrongPreviousHeader(bytes32 previousHeader, bytes32 lastHeader);

    /// @notice Thrown by `post` if the block has another hash, is not in the past, or is too old for the chain to know
    ///         and was not noted.
    /// @param blockNumber The block number of the header
    /// @param blockHash The block hash of the header
    /// @param known The hash that the chain knows for that number, or zero if it knows none
    error WrongBlockHash(uint64 blockNumber, bytes32 blockHash, bytes32 known);

    /// @notice Thrown by `post` if two thirds or fewer of the frozen set signed.
    /// @param signers The number of verifiers that signed
    /// @param size The size of the frozen set
    error TooFewSigners(uint256 signers, uint256 size);

    /// @notice Thrown by `post` if a non-signer is not in the frozen set.
    /// @param position The position that was given
    /// @param size The size of the frozen set
    error NonSignerOutOfRange(uint32 position, uint256 size);

    /// @notice Thrown by `post` if the non-signers are unsorted or one of them appears twice.
    /// @param position The position that is not above the previous one
    /// @param previous The previous position
    error NonSignersNotAscending(uint32 position, uint32 previous);

    /// @notice Thrown by `post` if the signature is not 256 bytes long.
    /// @param length The length of the signature, in bytes
    error WrongSignatureLength(uint256 length);

    /// @notice Thrown by `post` if the signature is the point at infinity.
    error InfinitySignature();

    /// @notice Thrown by `post` if the keys of the signers add up to the point at infinity.
    error InfinityAggregate();

    /// @notice Thrown by `post` if the signature is malformed or is not the signers' signature over header and round.
    /// @param headerHash The hash of the header
    /// @param round The round that the caller named
    error InvalidCertificate(bytes32 headerHash, uint32 round);

    /// @notice Thrown by `post` if the set in force has fewer verifiers than the network needs.
    /// @param size The size of the frozen set
    /// @param minimum The number of verifiers that the network needs
    error SetTooSmall(uint256 size, uint32 minimum);

    /// @notice Thrown by `noteBlock` if the chain does not know the hash of the block: the block is not in the past, or
    ///         is more than 8191 blocks back.
    /// @param blockNumber The number of the block
    error BlockUnknown(uint64 blockNumber);

    /// @notice Thrown by `openReport` if the epoch has no report.
    /// @param epoch The epoch of the header
    error NotPosted(uint64 epoch);

    /// @notice Thrown by `openReport` if another header was accepted for the epoch. Take it from the `Posted` event.
    /// @param epoch The epoch of the header
    /// @param given The hash of the header
    /// @param accepted The hash of the header that was accepted
    error NotTheReport(uint64 epoch, bytes32 given, bytes32 accepted);

    // ------------------------------------------------------------------ posting

    /// @notice Accepts the report of the last epoch that ended. Anyone may call. The first valid report stands.
    /// @dev Reverts with `NotStarted`, `NotPostable`, `AlreadyPosted`, `WrongEra`, `WrongPreviousHeader` or
    ///      `WrongBlockHash` if the header does not fit the chain. Reverts with `SetTooSmall`, `NonSignerOutOfRange`,
    ///      `NonSignersNotAscending`, `TooFewSigners`, `InfinityAggregate`, `WrongSignatureLength`, `InfinitySignature`
    ///      or `InvalidCertificate` if the certificate does not hold.
    /// @param header The header of the report
    /// @param round The agreement round that the verifiers signed
    /// @param nonSigners The positions in the frozen set of the verifiers that did not sign, strictly ascending
    /// @param signature The aggregate signature over the report digest: 256 bytes, a G2 point in EIP-2537 encoding
    function post(
        Header calldata header,
        uint32 round,
        uint32[] calldata nonSigners,
        bytes calldata signature
    ) external;

    /// @notice Keeps the hash of a past block for `post`, for a chain that knows 8191 blocks for less than two epochs.
    ///         Anyone may call, and pays for the one slot that the call writes.
    /// @dev The chain itself tells the hash, and the certificate says which block is B(e). So a note of another block is
    ///      never read and harms nobody. Reverts with `BlockUnknown`.
    /// @param blockNumber The number of the block
    function noteBlock(uint64 blockNumber) external;

    // ------------------------------------------------------------------ views

    /// @notice The hash of the network parameters, fixed at deployment. Nodes with other parameters must not sign.
    /// @return The hash that `paramsHash` in proto/params.ts computes
    function parametersHash() external view returns (bytes32);

    /// @notice The last epoch that has a report.
    /// @return The epoch, or zero before the first report
    function lastEpoch() external view returns (uint64);

    /// @notice The hash of the last accepted header.
    /// @return The hash, or zero before the first report
    function lastHeaderHash() external view returns (bytes32);

    /// @notice The hash of the header that was accepted for an epoch.
    /// @param epoch The epoch
    /// @return The hash, or zero if the epoch has no report
    function headerHashOf(uint64 epoch) external view returns (bytes32);

    /// @notice Opens an accepted report: the contract keeps the hash of the header, and the caller brings the header.
    /// @dev Reverts with `NotPosted` or `NotTheReport`, so that a caller can rely on every field of the header.
    /// @param header The header, as in the `Posted` event
    /// @return epochStart The start of the epoch, in unix seconds
    /// @return finalAt The end of the settlement delay, in unix seconds
    function openReport(Header calldata header) external view returns (uint64 epochStart, uint64 finalAt);

    /// @notice The verifiers that signed at least one accepted report of an era. A poster may leave out a signature that
    ///         the certificate does not need, so a missing bit of one report proves nothing.
    /// @param era The era; the contract keeps the last four
    /// @return bitmap Bit i for position i of the set in force in the era; zero for an era that is not kept
    function signersIn(uint64 era) external view returns (uint256 bitmap);

    /// @notice The hash that `noteBlock` kept of a block.
    /// @param blockNumber The number of the block
    /// @return The hash, or zero if nobody noted the block
    function notedBlock(uint64 blockNumber) external view returns (bytes32);

    /// @notice The settlement delay, fixed at deployment.
    /// @return The delay in seconds
    function settlementSeconds() external view returns (uint64);

    /// @notice Tells whether an epoch has a report and its settlement delay has passed.
    /// @dev The delay counts from the end of the next epoch, after which nobody can post the report.
    /// @param epoch The epoch
    /// @return True if penalties of the epoch can be settled
    function isFinal(uint64 epoch) external view returns (bool);
}
