// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice One certified report an epoch.
interface IEpochReports {
    /// @dev Field order is that of proto/header.ts.
    struct Header {
        uint64 era;
        uint64 epoch;
        uint64 blockNumber;
        bytes32 blockHash;
        bytes32 previousHeader;
        bytes32 scoreRoot;
        bytes32 ballotSetRoot;
        bytes32 rewardsRoot;
        uint32 providerCount;
        bool commonFailure;
    }

    event Posted(
        uint64 indexed epoch,
        bytes32 indexed headerHash,
        Header header,
        uint32 round,
        uint32[] nonSigners,
        address poster
    );

    error NotStarted();
    /// @notice An epoch is posted from its end until the end of the next epoch: `postableEpoch` is that epoch now.
    error NotPostable(uint64 epoch, uint64 postableEpoch);
    error AlreadyPosted(uint64 epoch, bytes32 headerHash);
    error WrongEra(uint64 era, uint64 expected);
    error WrongPreviousHeader(bytes32 previousHeader, bytes32 lastHeader);
    /// @notice `blockNumber` has another hash, is not in the past, or is too old for the chain to know.
    error WrongBlockHash(uint64 blockNumber, bytes32 blockHash, bytes32 known);
    error TooFewSigners(uint256 signers, uint256 size);
    error NonSignerOutOfRange(uint32 position, uint256 size);
    /// @notice Positions must ascend strictly: neither unsorted nor twice the same.
    error NonSignersNotAscending(uint32 position, uint32 previous);
    error WrongSignatureLength(uint256 length);
    error InfinitySignature();
    error InfinityAggregate();
    error InvalidCertificate(bytes32 headerHash, uint32 round);

    /// @param nonSigners positions in the frozen set, strictly ascending
    /// @param signature aggregate over the report digest, 256 bytes, EIP-2537 G2
    function post(
        Header calldata header,
        uint32 round,
        uint32[] calldata nonSigners,
        bytes calldata signature
    ) external;

    function parametersHash() external view returns (bytes32);
    function lastEpoch() external view returns (uint64);
    function lastHeaderHash() external view returns (bytes32);
    /// @notice Zero where no report was accepted.
    function headerHashOf(uint64 epoch) external view returns (bytes32);
    function scoreRootOf(uint64 epoch) external view returns (bytes32);
    function settlementSeconds() external view returns (uint64);
    /// @notice The settlement delay has passed. It counts from the end of the next epoch, when posting ends.
    function isFinal(uint64 epoch) external view returns (bool);
    /// @notice What a settlement needs to know of an epoch, in one call. All zero where there is no report with leaves.
    function settlementOf(uint64 epoch) external view returns (bytes32 scoreRoot, uint64 epochStart, uint64 finalAt);
}
