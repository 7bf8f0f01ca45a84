// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Bls12381} from "../libraries/Bls12381.sol";

/// @notice Records the verifiers and their BLS keys, keeps the network's clock, and freezes a verifier set per era.
interface IVerifierRegistry {
    /// @notice A verifier as of the current block.
    struct Verifier {
        /// @notice The registry index, counted from 1 and never used again
        uint32 index;
        /// @notice The account that registered
        address account;
        /// @notice The rate that the verifier states for its own link, in kbit/s
        uint32 capacityKbps;
        /// @notice The time of the call to `exit`, in unix seconds, or zero while the verifier stays
        uint64 exitingSince;
        /// @notice The BLS public key: 128 bytes, a G1 point in EIP-2537 encoding
        bytes blsKey;
    }

    // ------------------------------------------------------------------ events

    /// @notice Emitted when a verifier registers.
    /// @param index The registry index of the verifier
    /// @param account The account of the verifier
    /// @param blsKey The BLS public key: 128 bytes, a G1 point in EIP-2537 encoding
    /// @param capacityKbps The rate that the verifier states for its own link, in kbit/s
    event Registered(uint32 indexed index, address indexed account, bytes blsKey, uint32 capacityKbps);

    /// @notice Emitted when a verifier announces its addresses. The contract does not store them.
    /// @param index The registry index of the verifier
    /// @param account The account of the verifier
    /// @param peerId The libp2p peer id, as text
    /// @param multiaddrs The addresses at which the verifier can be reached
    event Announced(uint32 indexed index, address indexed account, string peerId, string[] multiaddrs);

    /// @notice Emitted when a verifier asks to leave.
    /// @param index The registry index of the verifier
    /// @param account The account of the verifier
    event ExitRequested(uint32 indexed index, address indexed account);

    /// @notice Emitted when the network starts.
    /// @param genesis The start of epoch 1, in unix seconds
    event Started(uint64 genesis);

    /// @notice Emitted when the set of an era is frozen.
    /// @param era The era
    /// @param snapshot The contract whose code holds the keys and indices of the set
    /// @param size The number of verifiers in the set
    event Frozen(uint64 indexed era, address snapshot, uint32 size);

    /// @notice Emitted when a freeze leaves out a verifier that asked to leave. Its bond starts unbonding.
    /// @param index The registry index of the verifier
    /// @param account The account of the verifier
    /// @param era The era whose set leaves the verifier out
    event LeftOut(uint32 indexed index, address indexed account, uint64 era);

    // ------------------------------------------------------------------ errors

    /// @notice Thrown at deployment if a parameter is zero that must not be.
    /// @param name The name of the parameter
    error ZeroParameter(string name);

    /// @notice Thrown by `register` if the key is not 128 bytes long.
    /// @param length The length of the key, in bytes
    error WrongKeyLength(uint256 length);

    /// @notice Thrown by `register` if the proof of possession is not 256 bytes long.
    /// @param length The length of the proof, in bytes
    error WrongSignatureLength(uint256 length);

    /// @notice Thrown by `register` if the key is the point at infinity.
    error InfinityKey();

    /// @notice Thrown by `register` if the proof of possession is the point at infinity.
    error InfinityProof();

    /// @notice Thrown by `register` if the proof is not the key's signature for this account, registry and chain.
    /// @param account The caller
    error InvalidProofOfPossession(address account);

    /// @notice Thrown by `register` if the account has registered before. An account that left cannot come back.
    /// @param account The caller
    /// @param index The registry index that the account has
    error AlreadyRegistered(address account, uint32 index);

    /// @notice Thrown by `register` if the key has been registered before, by any account.
    /// @param keyHash The keccak256 hash of the key
    error KeyAlreadyRegistered(bytes32 keyHash);

    /// @notice Thrown if an account has never registered.
    /// @param account The account
    error NotRegistered(address account);

    /// @notice Thrown by `exit` if the verifier has asked to leave before.
    /// @param account The caller
    /// @param since The time of the first call, in unix seconds
    error AlreadyExiting(address account, uint64 since);

    /// @notice Thrown by `register` if a key snapshot has no room for one more verifier.
    /// @param maximum The most verifiers that a snapshot can hold
    error SetFull(uint256 maximum);

    /// @notice Thrown by `start` if the network has started.
    /// @param genesis The start of epoch 1, in unix seconds
    error AlreadyStarted(uint64 genesis);

    /// @notice Thrown by `freeze` if nobody has started the network.
    error NotStarted();

    /// @notice Thrown by `start` if too few verifiers are registered and stay.
    /// @param registered The number of verifiers that stay
    /// @param minimum The number that `start` needs
    error TooFewVerifiers(uint256 registered, uint256 minimum);

    /// @notice Thrown by `freeze` outside the last epoch of the era before, the only time to freeze an era.
    /// @param era The era to freeze
    /// @param currentEpoch The current epoch, or zero before genesis
    /// @param dueEpoch The only epoch in which the era can be frozen, or zero if there is none
    error FreezeNotDue(uint64 era, uint64 currentEpoch, uint64 dueEpoch);

    /// @notice Thrown by `freeze` if the era has a frozen set of its own.
    /// @param era The era
    error AlreadyFrozen(uint64 era);

    /// @notice Thrown by `expel` if the caller is not the equivocation slasher.
    /// @param caller The caller
    error NotEquivocationSlasher(address caller);

    /// @notice Thrown by `memberAt` if the set in force in the era has no such position.
    /// @param era The era
    /// @param position The position
    /// @param size The size of the set
    error NoSuchPosition(uint64 era, uint256 position, uint256 size);

    // ------------------------------------------------------------------ the verifier

    /// @notice Registers the caller and bonds `verifierBond` of its free deposit. Any account may call, once.
    /// @dev Reverts with `AlreadyRegistered`, `SetFull`, `WrongKeyLength`, `WrongSignatureLength`, `InfinityKey`,
    ///      `InfinityProof`, `InvalidProofOfPossession`, `KeyAlreadyRegistered` or `IStakeVault.InsufficientDeposit`.
    /// @param blsKey The BLS public key: 128 bytes, a G1 point in EIP-2537 encoding
    /// @param proofOfPossession The key's signature over the proof-of-possession digest: 256 bytes, a G2 point in
    ///        EIP-2537 encoding
    /// @param capacityKbps The rate that the verifier states for its own link, in kbit/s
    /// @return index The registry index of the verifier
    function register(
        bytes calldata blsKey,
        bytes calldata proofOfPossession,
        uint32 capacityKbps
    ) external returns (uint32 index);

    /// @notice Publishes in an event where the verifier can be reached. Only a registered verifier may call.
    /// @dev Reverts with `NotRegistered`.
    /// @param peerId The libp2p peer id, as text
    /// @param multiaddrs The addresses at which the verifier can be reached
    function announce(string calldata peerId, string[] calldata multiaddrs) external;

    /// @notice Asks to leave. The next freeze leaves the caller out and starts its unbonding. The exit is final.
    /// @dev Reverts with `NotRegistered` or `AlreadyExiting`.
    function exit() external;

    // ------------------------------------------------------------------ the equivocation slasher

    /// @notice Expels a verifier: the next freeze leaves it out, as if it had called `exit`. Does nothing for a verifier
    ///         that is leaving. Only the equivocation slasher may call.
    /// @dev Reverts with `NotEquivocationSlasher`.
    /// @param index The registry index of the verifier
    function expel(uint32 index) external;

    // ------------------------------------------------------------------ anyone

    /// @notice Starts the network, once: sets genesis to `startDelay` from now and freezes era 1. Anyone may call.
    /// @dev Reverts with `AlreadyStarted` or `TooFewVerifiers`, and with `KeySnapshot.SnapshotFailed` if the gas is too
    ///      little to write the snapshot.
    function start() external;

    /// @notice Freezes the set of an era, once, during the last epoch of the era before. Anyone may call.
    /// @dev If nobody calls, the last frozen set continues. Reverts with `NotStarted`, `AlreadyFrozen` or
    ///      `FreezeNotDue`, and with `KeySnapshot.SnapshotFailed` if the gas is too little to write the snapshot.
    /// @param era The era to freeze
    function freeze(uint64 era) external;

    // ------------------------------------------------------------------ views

    /// @notice The start of epoch 1.
    /// @return The time in unix seconds, or zero before `start`
    function genesis() external view returns (uint64);

    /// @notice The length of an epoch, fixed at deployment.
    /// @return The length in seconds
    function epochSeconds() external view returns (uint64);

    /// @notice The length of an era, fixed at deployment.
    /// @return The length in epochs
    function eraEpochs() external view returns (uint64);

    /// @notice The time from `start` to genesis, fixed at deployment.
    /// @return The time in seconds
    function startDelay() external view returns (uint64);

    /// @notice The number of verifiers that `start` needs, fixed at deployment.
    /// @return The number
    function minimumVerifiers() external view returns (uint32);

    /// @notice The bond of every verifier, fixed at deployment.
    /// @return The bond in wei
    function verifierBond() external view returns (uint256);

    /// @notice The number of registered verifiers that have not asked to leave.
    /// @return The number
    function stayingCount() external view returns (uint32);

    /// @notice The era whose frozen set is in force in an era.
    /// @param era The era, at most 2^32 - 1; the call reverts for a larger one
    /// @return The era itself if it is frozen, else the last frozen era before it, or zero if there is none
    function frozenEraFor(uint64 era) external view returns (uint64);

    /// @notice Tells whether an era has a frozen set of its own.
    /// @param era The era, at most 2^32 - 1; the call reverts for a larger one
    /// @return True if the era has its own frozen set
    function isFrozen(uint64 era) external view returns (bool);

    /// @notice The facts that a certificate of an era is checked with.
    /// @param era The era (the first era is 1)
    /// @return snapshot The contract whose code is the key snapshot of the set in force, or zero if there is none
    /// @return genesisTime The start of epoch 1, in unix seconds, or zero before `start`
    function certificateSet(uint64 era) external view returns (address snapshot, uint64 genesisTime);

    /// @notice The size of the frozen set in force in an era.
    /// @param era The era
    /// @return The number of verifiers; zero before `start`
    function setSize(uint64 era) external view returns (uint256);

    /// @notice The verifier at a position of the frozen set in force in an era.
    /// @dev Reverts with `NoSuchPosition`.
    /// @param era The era
    /// @param position The position, counted from 0
    /// @return index The registry index
    /// @return account The account
    /// @return key The BLS public key
    function memberAt(
        uint64 era,
        uint256 position
    ) external view returns (uint32 index, address account, Bls12381.G1 memory key);

    /// @notice The frozen set in force in an era, in certificate order.
    /// @param era The era
    /// @return The verifiers in ascending order of their indices; none before `start`
    function frozenSet(uint64 era) external view returns (Verifier[] memory);

    /// @notice The verifier that an account registered, also after it left. Reverts with `NotRegistered`.
    /// @param account The account of the verifier
    /// @return The verifier
    function verifierOf(address account) external view returns (Verifier memory);
}
