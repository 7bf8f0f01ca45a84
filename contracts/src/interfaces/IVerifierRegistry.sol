// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Bls12381} from "../libraries/Bls12381.sol";

/// @notice Records the verifiers and their BLS keys, keeps the network's clock, and freezes a verifier set per era.
interface IVerifierRegistry {
    /// @notice The figures that are fixed at deployment. Only `startDelay` may be zero.
    struct Config {
        /// @notice The least bond of a verifier, in wei
        uint256 verifierBond;
        /// @notice The length of an epoch, in seconds
        uint64 epochSeconds;
        /// @notice The length of an era, in epochs
        uint64 eraEpochs;
        /// @notice The time from `start` to genesis, in seconds
        uint64 startDelay;
        /// @notice The number of verifiers that `start` needs, and below which nobody is left out for being idle
        uint32 minimumVerifiers;
    }

    /// @notice A verifier as of the current block.
    struct Verifier {
        /// @notice The registry index, counted from 1 and never used again
        uint32 index;
        /// @notice The account that registered
        address account;
        /// @notice The rate that the verifier states for its own link, in kbit/s
        uint32 capacityKbps;
        /// @notice The time of the call to `exit` or of the expulsion, in unix seconds, or zero
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

    /// @notice Emitted when a verifier names another capacity.
    /// @param index The registry index of the verifier
    /// @param account The account of the verifier
    /// @param capacityKbps The capacity, in kbit/s
    event CapacityChanged(uint32 indexed index, address indexed account, uint32 capacityKbps);

    /// @notice Emitted when a verifier adds to its bond.
    /// @param index The registry index of the verifier
    /// @param account The account of the verifier
    /// @param amount The tokens added to the bond, in wei
    event ToppedUp(uint32 indexed index, address indexed account, uint256 amount);

    /// @notice Emitted when a verifier asks to leave.
    /// @param index The registry index of the verifier
    /// @param account The account of the verifier
    event ExitRequested(uint32 indexed index, address indexed account);

    /// @notice Emitted when the network starts.
    /// @param genesis The start of epoch 1, in unix seconds
    event Started(uint64 genesis);

    /// @notice Emitted when the set of an era is frozen.
    /// @param era The era
    /// @param snapshot The head of the key snapshot: the contract whose code holds the aggregate key and names the chunks
    /// @param size The number of verifiers in the set
    event Frozen(uint64 indexed era, address snapshot, uint32 size);

    /// @notice Emitted when a verifier loses its place: it left, it was expelled, it was idle, or a higher bond took the
    ///         place. Its bond starts unbonding. It is in no later set.
    /// @param index The registry index of the verifier
    /// @param account The account of the verifier
    /// @param era The era whose set leaves the verifier out, or zero if the verifier was in no frozen set
    event LeftOut(uint32 indexed index, address indexed account, uint64 era);

    /// @notice Emitted when the equivocation slasher expels a verifier.
    /// @param index The registry index of the verifier
    /// @param account The account of the verifier
    event Expelled(uint32 indexed index, address indexed account);

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

    /// @notice Thrown by `register` if the key, or its negative, has been registered before, by any account.
    /// @param keyHash The keccak256 hash of the key's first coordinate
    error KeyAlreadyRegistered(bytes32 keyHash);

    /// @notice Thrown if an account has never registered.
    /// @param account The account
    error NotRegistered(address account);

    /// @notice Thrown by `exit` and `topUp` if the verifier has asked to leave before, or was expelled.
    /// @param account The caller
    /// @param since The time of that, in unix seconds
    error AlreadyExiting(address account, uint64 since);

    /// @notice Thrown by `announce`, `setCapacity`, `topUp` and `exit` if a freeze has left the verifier out. Its bond unbonds already.
    /// @param account The caller
    error AlreadyLeft(address account);

    /// @notice Thrown by `expel` if the caller is not the equivocation slasher.
    /// @param caller The caller
    error NotEquivocationSlasher(address caller);

    /// @notice Thrown by `expel` if no verifier has the index.
    /// @param index The index
    error UnknownVerifier(uint32 index);

    /// @notice Thrown by `memberAt` if the set in force in an era has no such position.
    /// @param era The era
    /// @param position The position
    /// @param size The number of verifiers of the set
    error NoSuchPosition(uint64 era, uint256 position, uint256 size);

    /// @notice Thrown at deployment if the genesis accounts are too few, too many, or not all different.
    /// @param number The number of different genesis accounts
    /// @param minimum The least number, which is `minimumVerifiers`
    /// @param maximum The most verifiers of a set
    error WrongGenesisSet(uint256 number, uint256 minimum, uint256 maximum);

    /// @notice Thrown by `register` before the start if the caller is no genesis account. Register after the start.
    /// @param account The caller
    error NotGenesisVerifier(address account);

    /// @notice Thrown by `register` if too few tokens are free. Deposit more at the vault.
    /// @param free The free tokens of the caller, in wei
    /// @param needed The least bond, in wei
    error BondTooLow(uint256 free, uint256 needed);

    /// @notice Thrown by `register` if as many verifiers wait as can wait, all with a bond at least as high. Deposit
    ///         more than the lowest of their bonds.
    /// @param bond The free tokens of the caller, in wei
    /// @param lowest The lowest bond of a verifier that waits, in wei
    error SetFull(uint256 bond, uint256 lowest);

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

    /// @notice Thrown by `freeze` if the set would stay the same. The last frozen set continues, so no call is needed.
    /// @param era The era
    error NothingChanged(uint64 era);

    // ------------------------------------------------------------------ the verifier

    /// @notice Registers the caller and bonds its free deposit, at least `verifierBond`. Any account may call after the
    ///         start, only genesis accounts before. Whoever registers after the start waits until a freeze admits it. If
    ///         the list of those who wait is full, the caller takes the place of the lowest bond, if its own is higher.
    /// @dev A verifier that loses its place in the list gets its bond back by unbonding and may register again. Reverts
    ///      with `AlreadyRegistered`, `NotGenesisVerifier`, `BondTooLow`, `SetFull`, `WrongKeyLength`,
    ///      `WrongSignatureLength`, `InfinityKey`, `InfinityProof`, `InvalidProofOfPossession`, `KeyAlreadyRegistered`
    ///      or `IStakeVault.InvalidWithdrawalAddress`.
    /// @param blsKey The BLS public key: 128 bytes, a G1 point in EIP-2537 encoding
    /// @param proofOfPossession The key's signature over the proof-of-possession digest: 256 bytes, a G2 point in
    ///        EIP-2537 encoding
    /// @param capacityKbps The rate that the verifier states for its own link, in kbit/s
    /// @param withdrawalAddress The address that the vault pays the bond to one day; only this address can change it.
    ///        Zero stands for the caller itself
    /// @return index The registry index of the verifier
    function register(
        bytes calldata blsKey,
        bytes calldata proofOfPossession,
        uint32 capacityKbps,
        address withdrawalAddress
    ) external returns (uint32 index);

    /// @notice Publishes in an event where the verifier can be reached. A verifier that no freeze has
    ///         left out may call.
    /// @dev Reverts with `NotRegistered` or `AlreadyLeft`, and with `Announcements.TooManyAddresses`,
    ///      `Announcements.WrongTextLength` or `Announcements.NotPrintable` for texts that readers refuse.
    /// @param peerId The libp2p peer id, as text
    /// @param multiaddrs The addresses at which the verifier can be reached
    function announce(string calldata peerId, string[] calldata multiaddrs) external;

    /// @notice Names the rate that the caller's line takes. It counts from the next epoch on, whose facts are those of the
    ///         last block before it. A verifier that no freeze has left out may call.
    /// @dev Reverts with `NotRegistered` or `AlreadyLeft`.
    /// @param capacityKbps The capacity, in kbit/s
    function setCapacity(uint32 capacityKbps) external;

    /// @notice Bonds the caller's free deposit, in addition to its bond. It counts at the next freeze: those who wait enter
    ///         by their bonds. A verifier that stays may call.
    /// @dev Reverts with `NotRegistered`, `AlreadyExiting`, `AlreadyLeft` or `IStakeVault.InsufficientDeposit`.
    /// @return bonded The tokens added to the bond, in wei
    function topUp() external returns (uint256 bonded);

    /// @notice Asks to leave. The next freeze leaves the caller out and starts its unbonding. If the caller is in no
    ///         frozen set, it leaves at once. The exit is final.
    /// @dev Reverts with `NotRegistered`, `AlreadyExiting` or `AlreadyLeft`.
    function exit() external;

    // ------------------------------------------------------------------ the equivocation slasher

    /// @notice Expels a verifier: it is in no set that is frozen later, and its account and key cannot register again.
    ///         Only the equivocation slasher may call. The bond stays slashable and unbonds as after an exit.
    /// @dev Changes nothing for a verifier that has left. Reverts with `NotEquivocationSlasher` or `UnknownVerifier`.
    /// @param index The registry index of the verifier
    function expel(uint32 index) external;

    // ------------------------------------------------------------------ anyone

    /// @notice Starts the network, once: sets genesis to `startDelay` from now and freezes era 1 with all genesis
    ///         accounts that have registered and stay. Anyone may call, as soon as `minimumVerifiers` of them have.
    /// @dev Reverts with `AlreadyStarted` or `TooFewVerifiers`, and with `KeySnapshot.SnapshotFailed` if the gas is too
    ///      little to write the snapshot.
    function start() external;

    /// @notice Freezes the set of an era, once, during the last epoch of the era before. Anyone may call.
    /// @dev Leaves out who asked to leave, who was expelled, and who was in no certificate for three eras. Admits
    ///      verifiers that wait, highest bond first: at most a quarter of the new set is new or has never been in a
    ///      certificate. In a full set a higher bond takes the place of the lowest one that was in no certificate of the
    ///      last era. If nobody calls, the last frozen set continues. Reverts with `NotStarted`, `AlreadyFrozen`,
    ///      `FreezeNotDue` or `NothingChanged`, and with `KeySnapshot.SnapshotFailed` if the gas is too little.
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

    /// @notice The number of verifiers that `start` needs, fixed at deployment. No freeze takes the set below this number
    ///         by leaving out idle verifiers.
    /// @return The number
    function minimumVerifiers() external view returns (uint32);

    /// @notice The least bond of a verifier, fixed at deployment.
    /// @return The bond in wei
    function verifierBond() external view returns (uint256);

    /// @notice The number of verifiers that are in the last frozen set or wait for a place, and do not leave.
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

    /// @notice Tells whether `freeze` would change the set, and may be called now.
    /// @param era The era
    /// @return True if a call would succeed
    function freezeDue(uint64 era) external view returns (bool);

    /// @notice Tells whether the set of an era is known: the era is frozen, or as things stand the last frozen set
    ///         continues. In the last epoch of the era before, a later exit or expulsion may still change the latter.
    /// @param era The era, at most 2^32 - 1; the call reverts for a larger one
    /// @return True if `frozenSet` gives the set of the era
    function isSetKnown(uint64 era) external view returns (bool);

    /// @notice The facts that a certificate of an era is checked with.
    /// @param era The era (the first era is 1)
    /// @return snapshot The head of the key snapshot of the set in force, or zero if there is none
    /// @return genesisTime The start of epoch 1, in unix seconds, or zero before `start`
    function certificateSet(uint64 era) external view returns (address snapshot, uint64 genesisTime);

    /// @notice The frozen set in force in an era, in certificate order.
    /// @param era The era
    /// @return The verifiers by position, which is not the order of their indices; none before `start`
    function frozenSet(uint64 era) external view returns (Verifier[] memory);

    /// @notice The number of verifiers of the frozen set in force in an era.
    /// @param era The era
    /// @return The number; zero before `start`
    function setSize(uint64 era) external view returns (uint256);

    /// @notice The verifier at a position of the frozen set in force in an era. Reverts with `NoSuchPosition`.
    /// @param era The era
    /// @param position The position in certificate order, counted from 0
    /// @return index The registry index of the verifier
    /// @return account The account of the verifier
    /// @return key The BLS public key of the verifier
    /// @return size The number of verifiers in the set
    function memberAt(
        uint64 era,
        uint256 position
    ) external view returns (uint32 index, address account, Bls12381.G1 memory key, uint256 size);

    /// @notice Tells whether an account has a place: in the last frozen set, or among those who wait.
    /// @param account The account
    /// @return True until the verifier is left out
    function isVerifier(address account) external view returns (bool);

    /// @notice The verifier that an account registered, also after it left. Reverts with `NotRegistered`.
    /// @param account The account of the verifier
    /// @return The verifier
    function verifierOf(address account) external view returns (Verifier memory);
}
