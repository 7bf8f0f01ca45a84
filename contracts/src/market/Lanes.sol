// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ILanes} from "../interfaces/ILanes.sol";
import {IOffers} from "../interfaces/IOffers.sol";
import {Digests} from "../libraries/Digests.sol";
import {ExactTransfers} from "../libraries/ExactTransfers.sol";
import {SlotRates} from "../libraries/SlotRates.sol";

/// @notice Reserves rates at payees for slots of time. It has no owner, and no say over stakes.
/// @dev What is written of a lane is written before its tokens move, so that a token that calls back finds it as it will be.
contract Lanes is ILanes {
    using SafeERC20 for IERC20;
    using ExactTransfers for IERC20;
    using SlotRates for SlotRates.Table;

    /// @dev Slots in one call. They lie in three words at most.
    uint8 private constant MOST_SLOTS = 12;
    /// @dev The present slot and those after it that can be reserved: a day of slots of five minutes. Who reserves holds the
    ///      payee to the price of now, so a price is never older than that.
    uint64 private constant REACH_SLOTS = 288;
    uint256 private constant KBPS_PER_MBPS = 1000;
    /// @dev Of a slot that nobody signed, the payee gets one part in so many.
    uint256 private constant UNSIGNED_PARTS = 10;

    /// @notice The token in which everything is paid; a transfer must move the exact amount.
    IERC20 public immutable token;
    /// @notice The contract that knows rates and prices of lanes.
    IOffers public immutable offers;
    /// @inheritdoc ILanes
    uint32 public immutable slotSeconds;
    /// @inheritdoc ILanes
    uint32 public immutable graceSeconds;

    /// @dev Of the deployment. After a fork, the ids of lanes stay, and signatures of either chain count there alone.
    uint256 private immutable _chainId = block.chainid;

    /// @dev The number of the next lane. Never zero, so that the first costs no more than later ones.
    uint64 private _nextNumber = 1;
    mapping(address payee => SlotRates.Table) private _rates;
    /// @dev Lanes that are not over have at least one.
    mapping(bytes32 id => uint256) private _unpaidSlots;

    /// @notice Reverts with `ZeroParameter`.
    /// @param token_ The token in which everything is paid
    /// @param offers_ The contract that knows rates and prices of lanes
    /// @param slotSeconds_ The length of a slot, in seconds
    /// @param graceSeconds_ The time to settle after the end of a lane, in seconds
    constructor(IERC20 token_, IOffers offers_, uint32 slotSeconds_, uint32 graceSeconds_) {
        if (slotSeconds_ == 0) revert ZeroParameter("slotSeconds");
        if (graceSeconds_ == 0) revert ZeroParameter("graceSeconds");
        token = token_;
        offers = offers_;
        slotSeconds = slotSeconds_;
        graceSeconds = graceSeconds_;
    }

    // ------------------------------------------------------------------ lanes

    /// @inheritdoc ILanes
    function reserve(
        address payee,
        uint32 kbps,
        uint64 fromSlot,
        uint8 slots,
        address signer,
        uint96 maxPrice
    ) external returns (bytes32 id) {
        if (kbps == 0) revert NoRate();
        if (signer == address(0)) revert NoSigner();
        _checkSlots(fromSlot, slots);
        uint128 slotPrice = _reserve(payee, kbps, fromSlot, slots, maxPrice);
        Lane memory lane = Lane(_nextNumber++, msg.sender, payee, signer, kbps, fromSlot, slots, slotPrice);
        id = idOf(lane);
        _unpaidSlots[id] = slots;
        emit Reserved(id, msg.sender, payee, lane);
        _take(uint256(slotPrice) * slots);
    }

    /// @inheritdoc ILanes
    function settle(Lane calldata lane, uint8 slotsServed, bytes32 r, bytes32 vs) external {
        (bytes32 id, uint256 unpaid) = _reserved(lane);
        if (slotsServed > lane.slots) revert TooManySlots(slotsServed, lane.slots);
        uint256 paid = lane.slots - unpaid;
        if (slotsServed <= paid) revert NothingToSettle(id, uint8(paid));
        bytes32 digest = Digests.served(block.chainid, address(this), id, slotsServed);
        // Refuses the second form that every signature has, and the zero account.
        (address signer, ECDSA.RecoverError fault, ) = ECDSA.tryRecover(digest, r, vs);
        if (fault != ECDSA.RecoverError.NoError || signer != lane.signer) revert WrongSignature(id);
        uint256 amount = (slotsServed - paid) * lane.slotPrice;
        _unpaidSlots[id] = lane.slots - slotsServed;
        emit Served(id, lane.payee, slotsServed, amount);
        token.safeTransfer(lane.payee, amount);
    }

    /// @inheritdoc ILanes
    function refund(Lane calldata lane) external {
        (bytes32 id, uint256 unpaid) = _reserved(lane);
        uint64 refundableAt = (lane.fromSlot + lane.slots) * slotSeconds + graceSeconds;
        if (block.timestamp < refundableAt) revert RefundTooEarly(id, refundableAt);
        delete _unpaidSlots[id];
        uint256 left = unpaid * lane.slotPrice;
        uint256 toPayee = left / UNSIGNED_PARTS;
        // A payee that can refuse tokens must not keep the payer's from it. Too little gas for this transfer leaves, by the
        // chain's rule of one part in 64, too little for the next.
        if (!token.trySafeTransfer(lane.payee, toPayee)) toPayee = 0;
        emit Refunded(id, lane.payer, lane.payee, left - toPayee, toPayee);
        token.safeTransfer(lane.payer, left - toPayee);
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc ILanes
    function idOf(Lane memory lane) public view returns (bytes32) {
        return Digests.lane(_chainId, address(this), lane);
    }

    /// @inheritdoc ILanes
    function unpaidSlots(bytes32 id) external view returns (uint8) {
        return uint8(_unpaidSlots[id]);
    }

    /// @inheritdoc ILanes
    function reservedAt(address payee, uint64 slot) external view returns (uint32) {
        return _rates[payee].rateAt(slot);
    }

    // ------------------------------------------------------------------ parts

    /// @dev The present slot counts: whoever needs a lane needs it now, and knows that some of the slot is gone.
    function _checkSlots(uint64 fromSlot, uint8 slots) private view {
        if (slots == 0 || slots > MOST_SLOTS) revert WrongSlots(slots, MOST_SLOTS);
        uint64 present = uint64(block.timestamp / slotSeconds);
        uint64 end = present + REACH_SLOTS;
        // Not `fromSlot + slots`, which could overflow.
        if (fromSlot < present || fromSlot > end - slots) revert SlotsOutOfReach(fromSlot, present, end);
    }

    function _reserve(
        address payee,
        uint32 kbps,
        uint64 fromSlot,
        uint8 slots,
        uint96 maxPrice
    ) private returns (uint128 slotPrice) {
        IOffers.Offer memory offer = offers.offerOf(payee);
        if (offer.laneKbps == 0) revert NoLanes(payee);
        if (offer.lanePrice > maxPrice) revert PriceTooHigh(offer.lanePrice, maxPrice);
        _rates[payee].add(fromSlot, slots, kbps, offer.laneKbps);
        // Rounded down, lanes of a few kbit/s could be free. Below 2^96 · 2^32, so it fits.
        return uint128(Math.ceilDiv(uint256(offer.lanePrice) * kbps, KBPS_PER_MBPS));
    }

    function _reserved(Lane calldata lane) private view returns (bytes32 id, uint256 unpaid) {
        id = idOf(lane);
        unpaid = _unpaidSlots[id];
        if (unpaid == 0) revert NotReserved(id);
    }

    function _take(uint256 amount) private {
        uint256 received = token.take(amount);
        if (received != amount) revert WrongAmountReceived(amount, received);
    }
}
