// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice Who may certify reports: BLS keys with proof of possession, and the set that is frozen for each era.
interface IVerifierRegistry {
    struct Verifier {
        uint32 index; // never used again
        address account;
        uint32 capacityKbps;
        uint64 exitingSince; // 0 while it stays
        bytes blsKey; // 128 bytes, EIP-2537 G1
    }

    event Registered(uint32 indexed index, address indexed account, bytes blsKey, uint32 capacityKbps);
    /// @notice Where a verifier is reached; kept in events alone.
    event Announced(uint32 indexed index, address indexed account, string peerId, string[] multiaddrs);
    event ExitRequested(uint32 indexed index, address indexed account);
    event Started(uint64 genesis);
    event Frozen(uint64 indexed era, address snapshot, uint32 size);
    /// @notice A frozen set left this verifier out: its bond is unbonding from now on.
    event LeftOut(uint32 indexed index, address indexed account, uint64 era);

    function register(bytes calldata blsKey, bytes calldata proofOfPossession, uint32 capacityKbps)
        external
        returns (uint32 index);
    function announce(string calldata peerId, string[] calldata multiaddrs) external;
    function exit() external;

    /// @notice Once, open to all as soon as `minimumVerifiers` are registered: sets genesis (`startDelay` from now) and
    ///         freezes era 1.
    function start() external;
    /// @notice Once an era, open to all during the last epoch of the era before.
    function freeze(uint64 era) external;

    /// @notice Unix seconds; 0 before `start`.
    function genesis() external view returns (uint64);
    function epochSeconds() external view returns (uint64);
    function eraEpochs() external view returns (uint64);
    /// @notice The era whose set is in force in `era`: itself, or the last frozen before it.
    function frozenEraFor(uint64 era) external view returns (uint64);
    function isFrozen(uint64 era) external view returns (bool);
    /// @notice The set in force in `era`, in certificate order (ascending index).
    function frozenSet(uint64 era) external view returns (Verifier[] memory);
    function verifierOf(address account) external view returns (Verifier memory);
}
