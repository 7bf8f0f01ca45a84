// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice Who promises what. Claims are read at B(e), the last block before an epoch, so a raised claim counts from the
///         next epoch; a lowered one only after a delay, so that nobody dodges a breach that is under way.
interface IProviderRegistry {
    struct Provider {
        uint32 index; // never used again
        address account;
        uint32 claimKbps; // in force now
        bytes32 region;
        bytes32 peerIdHash; // keccak256 of the peer id's text
        uint256 stake; // active and slashable
    }

    event Registered(
        uint32 indexed index,
        address indexed account,
        uint32 claimKbps,
        bytes32 region,
        bytes32 peerIdHash
    );
    /// @notice Where a provider is reached; kept in events alone.
    event Announced(uint32 indexed index, address indexed account, string peerId, string[] multiaddrs);
    event ClaimChanged(uint32 indexed index, address indexed account, uint32 claimKbps, uint64 effectiveAt);
    event Exited(uint32 indexed index, address indexed account);

    error ZeroClaim();
    /// @notice An account registers once: indices are never used again.
    error AlreadyRegistered(address account, uint32 index);
    error NotRegistered(address account);
    error AlreadyExited(address account);
    error StakeTooLow(uint256 stake, uint256 minimum);
    error PeerIdMismatch(bytes32 given, bytes32 registered);

    /// @notice Bonds all of the caller's free deposit in the vault, which must be at least `minimumStake`.
    function register(uint32 claimKbps, bytes32 region, bytes32 peerIdHash) external returns (uint32 index);
    /// @notice `peerId` must hash to the registered `peerIdHash`.
    function announce(string calldata peerId, string[] calldata multiaddrs) external;
    function setClaim(uint32 claimKbps) external;
    /// @notice Leaves the list at once and starts unbonding. What is unbonding stays slashable.
    function exit() external;

    function activeCount() external view returns (uint256);
    function minimumStake() external view returns (uint256);
    function claimDelaySeconds() external view returns (uint64);
    /// @notice A page of the active providers (order unspecified) as of this block; call it at B(e).
    function active(uint256 offset, uint256 limit) external view returns (Provider[] memory);
    function providerOf(address account) external view returns (Provider memory);
}
