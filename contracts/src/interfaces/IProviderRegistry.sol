// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice Records the providers and their claims: the rate that each provider promises to a new session.
/// @dev Verifiers read claims at B(e), the last block before an epoch. So a raised claim counts from the next epoch. A
///      lowered claim counts only after a delay, so that no provider dodges a breach that is under way. A claim needs
///      stake in proportion, so that nobody claims a rate without the means to answer for it.
interface IProviderRegistry {
    /// @notice A provider as of the current block.
    struct Provider {
        /// @notice The registry index, counted from 1 and never used again
        uint32 index;
        /// @notice The account that registered
        address account;
        /// @notice The claim in force, in kbit/s
        uint32 claimKbps;
        /// @notice The region that the provider states; nobody checks it
        bytes32 region;
        /// @notice The keccak256 hash of the peer id's text
        bytes32 peerIdHash;
        /// @notice The tokens that can be slashed (active plus unbonding), in wei
        uint256 stake;
    }

    // ------------------------------------------------------------------ events

    /// @notice Emitted when a provider registers.
    /// @param index The registry index of the provider
    /// @param account The account of the provider
    /// @param claimKbps The claim, in kbit/s
    /// @param region The region that the provider states
    /// @param peerIdHash The keccak256 hash of the peer id's text
    event Registered(
        uint32 indexed index,
        address indexed account,
        uint32 claimKbps,
        bytes32 region,
        bytes32 peerIdHash
    );

    /// @notice Emitted when a provider announces its addresses. The contract does not store them.
    /// @param index The registry index of the provider
    /// @param account The account of the provider
    /// @param peerId The libp2p peer id, as text
    /// @param multiaddrs The addresses at which the provider can be reached
    event Announced(uint32 indexed index, address indexed account, string peerId, string[] multiaddrs);

    /// @notice Emitted when a provider changes its claim.
    /// @param index The registry index of the provider
    /// @param account The account of the provider
    /// @param claimKbps The new claim, in kbit/s
    /// @param effectiveAt The time from which the new claim is in force, in unix seconds
    event ClaimChanged(uint32 indexed index, address indexed account, uint32 claimKbps, uint64 effectiveAt);

    /// @notice Emitted when a provider adds to its stake.
    /// @param index The registry index of the provider
    /// @param account The account of the provider
    /// @param amount The tokens added to the active stake, in wei
    event ToppedUp(uint32 indexed index, address indexed account, uint256 amount);

    /// @notice Emitted when a provider leaves.
    /// @param index The registry index of the provider
    /// @param account The account of the provider
    event Exited(uint32 indexed index, address indexed account);

    // ------------------------------------------------------------------ errors

    /// @notice Thrown at deployment if a parameter is zero.
    /// @param name The name of the parameter
    error ZeroParameter(string name);

    /// @notice Thrown by `register` and `setClaim` if the claim is below `minimumClaimKbps`. Claim more.
    /// @param claimKbps The claim, in kbit/s
    /// @param minimum The least claim, in kbit/s
    error ClaimTooSmall(uint32 claimKbps, uint32 minimum);

    /// @notice Thrown by `register` if the account has registered before. An account that left cannot come back.
    /// @param account The caller
    /// @param index The registry index that the account has
    error AlreadyRegistered(address account, uint32 index);

    /// @notice Thrown if an account has never registered.
    /// @param account The account
    error NotRegistered(address account);

    /// @notice Thrown by `announce`, `setClaim`, `topUp` and `exit` if the provider has left.
    /// @param account The caller
    error AlreadyExited(address account);

    /// @notice Thrown by `register` if the caller's free deposit is below `minimumStake`.
    /// @param stake The free deposit, in wei
    /// @param minimum The minimum stake, in wei
    error StakeTooLow(uint256 stake, uint256 minimum);

    /// @notice Thrown by `register`, or by `setClaim` if it raises the claim, if the claim needs more stake. Claim less,
    ///         or deposit more and call `topUp`.
    /// @param claimKbps The claim, in kbit/s
    /// @param stake The free deposit of a new provider, or else the active stake, in wei
    /// @param needed The stake that the claim needs, in wei
    error ClaimExceedsStake(uint32 claimKbps, uint256 stake, uint256 needed);

    /// @notice Thrown by `announce` if the peer id is not the registered one.
    /// @param given The keccak256 hash of the peer id that was given
    /// @param registered The keccak256 hash of the registered peer id
    error PeerIdMismatch(bytes32 given, bytes32 registered);

    // ------------------------------------------------------------------ the provider

    /// @notice Registers the caller and bonds its whole free deposit in the vault. Any account may call, once.
    /// @dev Reverts with `AlreadyRegistered`, `ClaimTooSmall`, `StakeTooLow`, `ClaimExceedsStake` or
    ///      `IStakeVault.InvalidWithdrawalAddress`.
    /// @param claimKbps The rate that the provider promises to a new session, in kbit/s
    /// @param region The region that the provider states
    /// @param peerIdHash The keccak256 hash of the peer id's text
    /// @param withdrawalAddress The address that the vault pays the stake to one day; only this address can change it.
    ///        Zero stands for the caller itself
    /// @return index The registry index of the provider
    function register(
        uint32 claimKbps,
        bytes32 region,
        bytes32 peerIdHash,
        address withdrawalAddress
    ) external returns (uint32 index);

    /// @notice Publishes in an event where the provider can be reached. Only a provider that has not left may call.
    /// @dev Reverts with `NotRegistered`, `AlreadyExited` or `PeerIdMismatch`, and with `Announcements.TooManyAddresses`,
    ///      `Announcements.WrongTextLength` or `Announcements.NotPrintable` for texts that readers refuse.
    /// @param peerId The libp2p peer id, as text; its keccak256 hash must be the registered `peerIdHash`
    /// @param multiaddrs The addresses at which the provider can be reached, and its token key
    function announce(string calldata peerId, string[] calldata multiaddrs) external;

    /// @notice Changes the caller's claim. Only a provider that has not left may call.
    /// @dev A lowered claim is in force after `claimDelaySeconds`, any other claim at once. Before genesis every change
    ///      is in force at once. A call replaces a lowered claim that is still pending. A claim above the one in force
    ///      needs active stake. So a slashed provider keeps its claim, but cannot raise it. Reverts with
    ///      `NotRegistered`, `AlreadyExited`, `ClaimTooSmall` or `ClaimExceedsStake`.
    /// @param claimKbps The new claim, in kbit/s
    function setClaim(uint32 claimKbps) external;

    /// @notice Bonds the caller's free deposit, in addition to its stake. Only a provider that has not left may call.
    /// @dev Reverts with `NotRegistered`, `AlreadyExited` or `IStakeVault.InsufficientDeposit`.
    /// @return bonded The tokens added to the active stake, in wei
    function topUp() external returns (uint256 bonded);

    /// @notice Removes the caller from the active providers at once and starts unbonding. The exit is final.
    /// @dev Unbonding stake can still be slashed. A provider can leave also if penalties have taken its whole stake.
    ///      Reverts with `NotRegistered` or `AlreadyExited`.
    function exit() external;

    // ------------------------------------------------------------------ views

    /// @notice The number of active providers.
    /// @return The number
    function activeCount() external view returns (uint256);

    /// @notice The least deposit with which a provider can register, fixed at deployment.
    /// @return The deposit in wei
    function minimumStake() external view returns (uint256);

    /// @notice The active stake that a claim needs, fixed at deployment.
    /// @return The stake in wei per Mbit/s
    function weiPerMbps() external view returns (uint256);

    /// @notice The delay before a lowered claim is in force, fixed at deployment.
    /// @return The delay in seconds
    function claimDelaySeconds() external view returns (uint64);

    /// @notice The least claim, fixed at deployment. The reading of a smaller claim would take too long to be a low vote,
    ///         so its provider could never be slashed.
    /// @return The claim in kbit/s
    function minimumClaimKbps() external view returns (uint32);

    /// @notice A page of the active providers as of this block, in no particular order. Call it at B(e).
    /// @param offset The number of providers to skip
    /// @param limit The most providers to return
    /// @return The providers; none if `offset` is beyond the last provider
    function active(uint256 offset, uint256 limit) external view returns (Provider[] memory);

    /// @notice The provider that an account registered, also after its exit. Reverts with `NotRegistered`.
    /// @param account The account of the provider
    /// @return The provider
    function providerOf(address account) external view returns (Provider memory);
}
