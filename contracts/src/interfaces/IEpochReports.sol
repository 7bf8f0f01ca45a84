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
        uint64 indexed epoch, bytes32 indexed headerHash, Header header, uint32 round, uint32[] nonSigners, address poster
    );

    /// @param nonSigners positions in the frozen set, strictly ascending
    /// @param signature aggregate over the report digest, 256 bytes, EIP-2537 G2
    function post(Header calldata header, uint32 round, uint32[] calldata nonSigners, bytes calldata signature) external;

    function parametersHash() external view returns (bytes32);
    function lastEpoch() external view returns (uint64);
    function lastHeaderHash() external view returns (bytes32);
    /// @notice Zero where no report was accepted.
    function headerHashOf(uint64 epoch) external view returns (bytes32);
    function scoreRootOf(uint64 epoch) external view returns (bytes32);
    function postedAt(uint64 epoch) external view returns (uint64);
    function settlementSeconds() external view returns (uint64);
    /// @notice The settlement delay has passed.
    function isFinal(uint64 epoch) external view returns (bool);
}
