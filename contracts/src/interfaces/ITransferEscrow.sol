// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IEpochReports} from "./IEpochReports.sol";
import {ISlashingManager} from "./ISlashingManager.sol";

/// @notice Holds what users put aside to pay for traffic, and pays it out for receipts that the users signed.
/// @dev A channel pays one account. A receipt states the bytes of the channel so far, so the newest replaces all before it:
///
///        paid so far = min(total · price / 2^30, deposit)
///
///      The contract keeps only the amounts of a channel. Whoever calls brings the rest, which the channel's id commits to.
interface ITransferEscrow {
    /// @notice A channel, as it was opened. None of it changes.
    struct Channel {
        /// @notice The number of the channel: one more than that of the channel before
        uint64 number;
        /// @notice The account that opened the channel, and gets back what is left
        address payer;
        /// @notice The account that is paid
        address payee;
        /// @notice The account whose key signs receipts for the payer
        address signer;
        /// @notice The price, in wei for 2^30 bytes
        uint96 price;
    }

    /// @notice A receipt with the signature of a channel's signer. Its digest is that of `Digests.Voucher`, with the id of
    ///         the channel.
    struct Redemption {
        /// @notice The channel that pays
        Channel channel;
        /// @notice The id of the session of which the receipt is
        bytes32 sessionId;
        /// @notice The IP-layer bytes of the session so far
        uint64 bytesCarried;
        /// @notice The head of the provider's chain of receipts
        bytes32 head;
        /// @notice The time since the session was opened, in milliseconds
        uint32 elapsedMs;
        /// @notice The proven bytes of the channel so far, over all of its sessions
        uint64 total;
        /// @notice The first half of the signature
        bytes32 r;
        /// @notice The second half of the signature, in the short form of EIP-2098
        bytes32 vs;
    }

    // ------------------------------------------------------------------ events

    /// @notice Emitted when a channel is opened.
    /// @param id The id of the channel
    /// @param payer The account that opened it
    /// @param payee The account that is paid
    /// @param channel The channel
    /// @param deposit What the payer put in, in wei
    /// @param isPremium Whether the price is that of the class with priority
    event Opened(
        bytes32 indexed id,
        address indexed payer,
        address indexed payee,
        Channel channel,
        uint96 deposit,
        bool isPremium
    );

    /// @notice Emitted when more is put into a channel.
    /// @param id The id of the channel
    /// @param from The account that paid
    /// @param amount The tokens, in wei
    event ToppedUp(bytes32 indexed id, address indexed from, uint96 amount);

    /// @notice Emitted when a receipt is paid.
    /// @param id The id of the channel
    /// @param payee The account that is paid
    /// @param total The proven bytes of the channel so far
    /// @param amount The tokens that this receipt brought, in wei
    event Redeemed(bytes32 indexed id, address indexed payee, uint64 total, uint256 amount);

    /// @notice Emitted when the payer wants back what is left. The payee has until `closesAt` to bring its last receipt.
    /// @param id The id of the channel
    /// @param payee The account that is paid
    /// @param closesAt The end of the thaw, in unix seconds
    event CloseStarted(bytes32 indexed id, address indexed payee, uint64 closesAt);

    /// @notice Emitted when a channel ends, and what is left goes back to its payer.
    /// @param id The id of the channel
    /// @param payer The account that opened it
    /// @param payee The account that was paid
    /// @param amount The tokens, in wei
    event Closed(bytes32 indexed id, address indexed payer, address indexed payee, uint256 amount);

    // ------------------------------------------------------------------ errors

    /// @notice Thrown for a deposit or a top-up of zero.
    error NoDeposit();

    /// @notice Thrown by `open` without a signer: the channel could never pay.
    error NoSigner();

    /// @notice Thrown by `open` if the payee asks for more than the payer said it would pay.
    /// @param price The price now, in wei for 2^30 bytes
    /// @param maxPrice The most that the payer would pay
    error PriceTooHigh(uint96 price, uint96 maxPrice);

    /// @notice Thrown if the token delivered another amount, for instance because it takes a fee.
    /// @param amount The amount that should have arrived, in wei
    /// @param received The amount that did, in wei
    error WrongAmountReceived(uint256 amount, uint256 received);

    /// @notice Thrown by `openPremium` if the leaf is of another account.
    /// @param payee The account that is to be paid
    /// @param provider The account of the leaf
    error NotThePayee(address payee, address provider);

    /// @notice Thrown by `openPremium` if the provider's tier is below that of the class with priority.
    /// @param tier The tier of the leaf
    /// @param least The least tier
    error TierTooLow(uint8 tier, uint8 least);

    /// @notice Thrown by `openPremium` if the report is too old. Take the newest.
    /// @param epoch The epoch of the report
    /// @param oldest The oldest epoch that counts
    error ReportTooOld(uint64 epoch, uint64 oldest);

    /// @notice Thrown by `openPremium` if the proof does not lead from the leaf to the score root.
    /// @param epoch The epoch of the report
    /// @param provider The account of the leaf
    error NotInReport(uint64 epoch, address provider);

    /// @notice Thrown if there is no such channel, or it has ended.
    /// @param id The id of the channel
    error NotOpen(bytes32 id);

    /// @notice Thrown by `release` and `startClose` if the caller is not the account that may call.
    /// @param caller The caller
    /// @param expected The account that may
    error NotAllowed(address caller, address expected);

    /// @notice Thrown by `startClose` if the thaw runs already.
    /// @param id The id of the channel
    /// @param closesAt The end of the thaw, in unix seconds
    error AlreadyClosing(bytes32 id, uint64 closesAt);

    /// @notice Thrown by `close` before the end of the thaw.
    /// @param id The id of the channel
    /// @param closesAt The end of the thaw, in unix seconds; zero if it has not begun
    error NotThawed(bytes32 id, uint64 closesAt);

    /// @notice Thrown by `redeem` for a receipt that the channel's signer has not signed.
    /// @param id The id of the channel
    error WrongSignature(bytes32 id);

    /// @notice Thrown by `redeem` if no receipt brings anything: all are paid, or their channels have ended or are empty.
    error NothingToRedeem();

    /// @notice Thrown by the constructor for a thaw of no time.
    error ZeroThaw();

    // ------------------------------------------------------------------ the payer

    /// @notice Opens a channel at the payee's present price. The caller must have approved the deposit.
    /// @dev Reverts with `NoDeposit`, `NoSigner`, `PriceTooHigh` or `WrongAmountReceived`, and as the price does.
    /// @param payee The account that is to be paid
    /// @param signer The account whose key signs receipts
    /// @param deposit The most that the channel pays, in wei
    /// @param maxPrice The highest price that the caller takes, in wei for 2^30 bytes
    /// @return id The id of the channel
    function open(address payee, address signer, uint96 deposit, uint96 maxPrice) external returns (bytes32 id);

    /// @notice As `open`, at the price of the class with priority, to a provider whose tier allows it.
    /// @dev Reverts as `open`, with `NotThePayee`, `TierTooLow`, `ReportTooOld` or `NotInReport`, and as
    ///      `EpochReports.openReport`.
    /// @param payee The account that is to be paid
    /// @param signer The account whose key signs receipts
    /// @param deposit The most that the channel pays, in wei
    /// @param maxPrice The highest price that the caller takes, in wei for 2^30 bytes
    /// @param header The header of one of the last reports
    /// @param leaf The payee's leaf
    /// @param proof The sibling hashes from the leaf up to the score root
    /// @return id The id of the channel
    function openPremium(
        address payee,
        address signer,
        uint96 deposit,
        uint96 maxPrice,
        IEpochReports.Header calldata header,
        ISlashingManager.Leaf calldata leaf,
        bytes32[] calldata proof
    ) external returns (bytes32 id);

    /// @notice Puts more into a channel. Anyone may, who approved the tokens; they then belong to the channel.
    /// @dev Reverts with `NoDeposit`, `NotOpen` or `WrongAmountReceived`.
    /// @param channel The channel
    /// @param amount The tokens, in wei
    function topUp(Channel calldata channel, uint96 amount) external;

    /// @notice Begins the thaw, after which `close` gives back what is left.
    /// @dev Reverts with `NotAllowed`, `NotOpen` or `AlreadyClosing`.
    /// @param channel A channel of the caller's
    function startClose(Channel calldata channel) external;

    /// @notice Ends a channel after its thaw. Anyone may call: what is left goes to the payer.
    /// @dev Reverts with `NotOpen` or `NotThawed`.
    /// @param channel The channel
    function close(Channel calldata channel) external;

    // ------------------------------------------------------------------ the payee

    /// @notice Pays for receipts. Anyone may call: the tokens go to the payees. Receipts that bring nothing any more are
    ///         passed over, so that nobody stops a batch by redeeming one of it first.
    /// @dev Reverts with `WrongSignature` or `NothingToRedeem`.
    /// @param redemptions The receipts; those of one payee after one another cost least
    function redeem(Redemption[] calldata redemptions) external;

    /// @notice Ends a channel at once. What is left goes to the payer: redeem first.
    /// @dev Reverts with `NotAllowed` or `NotOpen`.
    /// @param channel A channel that pays the caller
    function release(Channel calldata channel) external;

    // ------------------------------------------------------------------ views

    /// @notice The id of a channel: receipts name it. It tells chains and escrows apart.
    /// @param channel The channel
    /// @return The id
    function idOf(Channel memory channel) external view returns (bytes32);

    /// @notice The amounts of a channel.
    /// @param id The id of the channel
    /// @return deposit What was put in, in wei; zero for a channel that is not open
    /// @return paid What was paid out of it, in wei
    /// @return closesAt The end of the thaw, in unix seconds; zero if it has not begun
    function balanceOf(bytes32 id) external view returns (uint96 deposit, uint96 paid, uint64 closesAt);

    /// @notice The time between `startClose` and `close`, fixed at deployment.
    /// @return The time in seconds
    function thawSeconds() external view returns (uint64);
}
