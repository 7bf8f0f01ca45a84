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

    error ZeroParameter(string name);
    error WrongKeyLength(uint256 length);
    error WrongSignatureLength(uint256 length);
    error InfinityKey();
    error InfinityProof();
    /// @notice The signature does not prove possession of the key for this account, registry and chain.
    error InvalidProofOfPossession(address account);
    /// @notice An account registers once: indices are never used again.
    error AlreadyRegistered(address account, uint32 index);
    error KeyAlreadyRegistered(bytes32 keyHash);
    error NotRegistered(address account);
    error AlreadyExiting(address account, uint64 since);
    /// @notice No room in a certificate's key snapshot for one more.
    error SetFull(uint256 maximum);
    error AlreadyStarted(uint64 genesis);
    error NotStarted();
    error TooFewVerifiers(uint256 registered, uint256 minimum);
    /// @notice An era is frozen during the last epoch of the era before, `dueEpoch`, and at no other time.
    error FreezeNotDue(uint64 era, uint64 currentEpoch, uint64 dueEpoch);
    error AlreadyFrozen(uint64 era);

    /// @notice Takes `verifierBond` from the caller's free deposit in the vault.
    /// @param blsKey 128 bytes, EIP-2537 G1
    /// @param proofOfPossession 256 bytes, EIP-2537 G2
    function register(
        bytes calldata blsKey,
        bytes calldata proofOfPossession,
        uint32 capacityKbps
    ) external returns (uint32 index);
    function announce(string calldata peerId, string[] calldata multiaddrs) external;
    /// @notice The next frozen set leaves the caller out; unbonding starts then.
    function exit() external;

    /// @notice Once, open to all as soon as `minimumVerifiers` are registered: sets genesis (`startDelay` from now) and
    ///         freezes era 1.
    function start() external;
    /// @notice Once an era, open to all during the last epoch of the era before. Where nobody calls it, the last set
    ///         continues.
    function freeze(uint64 era) external;

    /// @notice Unix seconds; 0 before `start`.
    function genesis() external view returns (uint64);
    function epochSeconds() external view returns (uint64);
    function eraEpochs() external view returns (uint64);
    function startDelay() external view returns (uint64);
    function minimumVerifiers() external view returns (uint32);
    function verifierBond() external view returns (uint256);
    /// @notice Registered, neither exiting nor left out.
    function stayingCount() external view returns (uint32);
    /// @notice The era whose set is in force in `era`: itself, or the last frozen before it; 0 where none is.
    function frozenEraFor(uint64 era) external view returns (uint64);
    function isFrozen(uint64 era) external view returns (bool);
    /// @notice What a certificate of `era` is checked with: the contract whose code is the set's key snapshot.
    function certificateSet(uint64 era) external view returns (address snapshot, uint64 genesisTime);
    /// @notice The set in force in `era`, in certificate order (ascending index). Empty before `start`.
    function frozenSet(uint64 era) external view returns (Verifier[] memory);
    function verifierOf(address account) external view returns (Verifier memory);
}
