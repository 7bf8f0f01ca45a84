// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice Reserves rates at payees for slots of time, holds what the slots cost, and pays it out.
/// @dev A slot has a fixed length, and its number is unix time / length. A slot that the lane's signer has signed is paid in
///      full. Of a slot that nobody signed the payee gets a tenth and the payer the rest, so that neither gains by silence.
///
///      The contract keeps only how many slots of a lane are neither paid nor given back. Whoever calls brings the rest, which
///      the lane's id commits to.
interface ILanes {
    /// @notice A lane, as it was reserved. None of it changes.
    struct Lane {
        /// @notice The number of the lane: one more than that of the lane before
        uint64 number;
        /// @notice The account that reserved the lane, and gets back what is left
        address payer;
        /// @notice The account that is paid
        address payee;
        /// @notice The account whose key signs for the payer which sessions use the lane, and how many slots were served
        address signer;
        /// @notice The rate, in kbit/s
        uint32 kbps;
        /// @notice The first slot
        uint64 fromSlot;
        /// @notice The number of slots
        uint8 slots;
        /// @notice What one slot costs, in wei
        uint128 slotPrice;
    }

    // ------------------------------------------------------------------ events

    /// @notice Emitted when a lane is reserved.
    /// @param id The id of the lane
    /// @param payer The account that reserved it
    /// @param payee The account that is paid
    /// @param lane The lane
    event Reserved(bytes32 indexed id, address indexed payer, address indexed payee, Lane lane);

    /// @notice Emitted when signed slots are paid.
    /// @param id The id of the lane
    /// @param payee The account that is paid
    /// @param slotsServed The slots that are paid so far
    /// @param amount The tokens that this signature brought, in wei
    event Served(bytes32 indexed id, address indexed payee, uint8 slotsServed, uint256 amount);

    /// @notice Emitted when the slots that nobody signed are shared out, and the lane ends.
    /// @param id The id of the lane
    /// @param payer The account that reserved it
    /// @param payee The account that is paid
    /// @param toPayer What the payer gets back, in wei
    /// @param toPayee What the payee gets, in wei
    event Refunded(bytes32 indexed id, address indexed payer, address indexed payee, uint256 toPayer, uint256 toPayee);

    // ------------------------------------------------------------------ errors

    /// @notice Thrown by the constructor for a parameter of zero.
    /// @param name The parameter
    error ZeroParameter(string name);

    /// @notice Thrown by `reserve` for a rate of zero.
    error NoRate();

    /// @notice Thrown by `reserve` without a signer: no slot could ever be signed.
    error NoSigner();

    /// @notice Thrown by `reserve` for no slot, or for more than one call may reserve.
    /// @param slots The number of slots
    /// @param maximum The most slots
    error WrongSlots(uint8 slots, uint8 maximum);

    /// @notice Thrown by `reserve` if a slot of the lane is over, or too far ahead.
    /// @param fromSlot The first slot of the lane
    /// @param present The slot of now
    /// @param end The first slot that is too far ahead
    error SlotsOutOfReach(uint64 fromSlot, uint64 present, uint64 end);

    /// @notice Thrown by `reserve` if the payee offers no lanes.
    /// @param payee The account that is to be paid
    error NoLanes(address payee);

    /// @notice Thrown by `reserve` if the payee asks for more than the payer said it would pay.
    /// @param price The price now, in wei for each Mbit/s and slot
    /// @param maxPrice The most that the payer would pay
    error PriceTooHigh(uint96 price, uint96 maxPrice);

    /// @notice Thrown if the token delivered another amount, for instance because it takes a fee.
    /// @param amount The amount that should have arrived, in wei
    /// @param received The amount that did, in wei
    error WrongAmountReceived(uint256 amount, uint256 received);

    /// @notice Thrown if there is no such lane, or all of its slots are paid or given back.
    /// @param id The id of the lane
    error NotReserved(bytes32 id);

    /// @notice Thrown by `settle` for more slots than the lane has.
    /// @param slotsServed The slots that the signature states
    /// @param slots The slots of the lane
    error TooManySlots(uint8 slotsServed, uint8 slots);

    /// @notice Thrown by `settle` if so many slots are paid already.
    /// @param id The id of the lane
    /// @param paid The slots that are paid so far
    error NothingToSettle(bytes32 id, uint8 paid);

    /// @notice Thrown by `settle` for a number of slots that the lane's signer has not signed.
    /// @param id The id of the lane
    error WrongSignature(bytes32 id);

    /// @notice Thrown by `refund` while the lane and the time to settle are not over.
    /// @param id The id of the lane
    /// @param refundableAt When they are, in unix seconds
    error RefundTooEarly(bytes32 id, uint64 refundableAt);

    // ------------------------------------------------------------------ lanes

    /// @notice Reserves a lane at the payee's present price. The caller must have approved the cost: each slot costs the
    ///         price · kbps / 1000, rounded up to a wei.
    /// @dev Reverts with `NoRate`, `NoSigner`, `WrongSlots`, `SlotsOutOfReach`, `NoLanes`, `PriceTooHigh` or
    ///      `WrongAmountReceived`, and with `SlotFull` of `SlotRates`.
    /// @param payee The account that is to be paid
    /// @param kbps The rate, in kbit/s
    /// @param fromSlot The first slot: the present one or a later one
    /// @param slots The number of slots
    /// @param signer The account whose key signs for the caller
    /// @param maxPrice The highest price that the caller takes, in wei for each Mbit/s and slot
    /// @return id The id of the lane
    function reserve(
        address payee,
        uint32 kbps,
        uint64 fromSlot,
        uint8 slots,
        address signer,
        uint96 maxPrice
    ) external returns (bytes32 id);

    /// @notice Pays for the slots that the lane's signer has signed, as far as they are not paid yet. Anyone may call, before
    ///         the slots are over too, and after the time to settle as long as nobody has called `refund`.
    /// @dev Reverts with `NotReserved`, `TooManySlots`, `NothingToSettle` or `WrongSignature`. The digest is that of
    ///      `Digests.served`.
    /// @param lane The lane
    /// @param slotsServed The slots that were served so far
    /// @param r The first half of the signature
    /// @param vs The second half of the signature, in the short form of EIP-2098
    function settle(Lane calldata lane, uint8 slotsServed, bytes32 r, bytes32 vs) external;

    /// @notice Ends a lane after its last slot and the time to settle: a tenth of what is left goes to the payee, the rest to
    ///         the payer. All of it goes to the payer if the token does not let the payee have its tenth. Anyone may call.
    /// @dev Reverts with `NotReserved` or `RefundTooEarly`.
    /// @param lane The lane
    function refund(Lane calldata lane) external;

    // ------------------------------------------------------------------ views

    /// @notice The id of a lane. It tells chains and contracts apart.
    /// @param lane The lane
    /// @return The id
    function idOf(Lane memory lane) external view returns (bytes32);

    /// @notice The slots of a lane that are neither paid nor given back.
    /// @param id The id of the lane
    /// @return The number of slots; zero for a lane that has ended, or that nobody reserved
    function unpaidSlots(bytes32 id) external view returns (uint8);

    /// @notice The rate that is reserved at a payee in a slot.
    /// @param payee The account
    /// @param slot The slot
    /// @return The rate, in kbit/s
    function reservedAt(address payee, uint64 slot) external view returns (uint32);

    /// @notice The length of a slot, fixed at deployment.
    /// @return The time in seconds
    function slotSeconds() external view returns (uint32);

    /// @notice The time to settle: from the end of a lane until anyone may call `refund`, fixed at deployment.
    /// @return The time in seconds
    function graceSeconds() external view returns (uint32);
}
