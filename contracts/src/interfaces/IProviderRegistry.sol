// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice Who promises what. A raised claim counts from the next epoch, a lowered one after a delay.
interface IProviderRegistry {
    struct Provider {
        uint32 index; // never used again
        address account;
        uint32 claimKbps; // in force now
        bytes32 region;
        bytes32 peerIdHash; // keccak256 of the peer id's text
        uint256 stake; // active and slashable
    }

    event Registered(uint32 indexed index, address indexed account, uint32 claimKbps, bytes32 region, bytes32 peerIdHash);
    event Announced(uint32 indexed index, address indexed account, string peerId, string[] multiaddrs);
    event ClaimChanged(uint32 indexed index, address indexed account, uint32 claimKbps, uint64 effectiveAt);
    event Exited(uint32 indexed index, address indexed account);

    function register(uint32 claimKbps, bytes32 region, bytes32 peerIdHash) external returns (uint32 index);
    /// @notice `peerId` must hash to the registered `peerIdHash`.
    function announce(string calldata peerId, string[] calldata multiaddrs) external;
    function setClaim(uint32 claimKbps) external;
    function exit() external;

    function activeCount() external view returns (uint256);
    /// @notice A page of the active providers (order unspecified) as of this block; call it at B(e).
    function active(uint256 offset, uint256 limit) external view returns (Provider[] memory);
    function providerOf(address account) external view returns (Provider memory);
}
