// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Lanes} from "../../src/market/Lanes.sol";
import {Offers} from "../../src/market/Offers.sol";
import {ILanes} from "../../src/interfaces/ILanes.sol";
import {IOffers} from "../../src/interfaces/IOffers.sol";
import {Digests} from "../../src/libraries/Digests.sol";
import {StakeToken} from "../../src/testnet/StakeToken.sol";
import {CHEATS, check} from "./Cheats.sol";
import {Network} from "./Network.sol";

/// @notice Lanes that are reserved, paid and refunded in any order, with a second account of every token, slot and rate.
///         Offers change and go; signatures may state fewer slots than those before, too many, or be somebody else's.
contract LanesHandler {
    uint256 public constant PAYERS = 3;
    uint256 public constant PAYEES = 3;
    uint32 public constant SLOT = 5 minutes;
    uint32 public constant GRACE = 1 hours;
    uint64 private constant REACH = 288;
    /// @dev The highest price, in wei for each Mbit/s and slot: the highest rate then costs less than all tokens.
    uint96 private constant HIGHEST = 1e12;
    uint256 private constant KEY = 0xb0b;
    uint256 private constant FORGER = 0xbad;

    struct Known {
        ILanes.Lane lane;
        uint8 paid;
        bool isOver;
    }

    Network public immutable network;
    StakeToken public immutable token;
    Offers public immutable offers;
    Lanes public immutable lanes;
    Known[] private _known;

    /// @notice All that payers put in, and all that they got back.
    uint256 public put;
    uint256 public back;
    mapping(address payee => uint256) public earned;
    /// @notice The sums of the rates by payee and slot, and what the payee offered when the last was reserved.
    mapping(address payee => mapping(uint64 slot => uint256)) public reserved;
    mapping(address payee => mapping(uint64 slot => uint256)) public limit;

    constructor(Network network_) {
        network = network_;
        token = network_.token();
        offers = new Offers();
        lanes = new Lanes(token, offers, SLOT, GRACE);
        for (uint256 i = 0; i < PAYEES; i++) _post(payee(i), 50_000, HIGHEST);
    }

    function payer(uint256 i) public pure returns (address) {
        return address(uint160(0x70000 + (i % PAYERS)));
    }

    function payee(uint256 i) public pure returns (address) {
        return address(uint160(0x80000 + (i % PAYEES)));
    }

    function count() external view returns (uint256) {
        return _known.length;
    }

    function known(uint256 i) external view returns (Known memory) {
        return _known[i];
    }

    // ------------------------------------------------------------------ what the accounts do

    /// @param laneKbps One offer in eight has the highest rate, so that sums come near 32 bits
    function post(uint256 i, uint32 laneKbps, uint96 lanePrice) external {
        uint32 kbps = laneKbps % 8 == 0 ? type(uint32).max : 1 + (laneKbps % 100_000);
        _post(payee(i), kbps, 1 + (lanePrice % HIGHEST));
    }

    function withdraw(uint256 i) external {
        if (i % 16 != 0 || offers.offerOf(payee(i / 16)).price == 0) return; // seldom, or nobody offers
        CHEATS.prank(payee(i / 16));
        offers.withdraw();
    }

    /// @param ahead Slots from the present one: most lanes share a few, and one in sixteen is out of reach
    function reserve(uint256 from, uint256 to, uint32 kbps, uint256 ahead, uint8 slots, uint96 maxPrice) external {
        ILanes.Lane memory lane;
        (lane.payer, lane.payee, lane.signer) = (payer(from), payee(to), CHEATS.addr(KEY));
        IOffers.Offer memory offer = offers.offerOf(lane.payee);
        lane.kbps = kbps % 8 == 0 ? kbps : kbps % 20_000;
        lane.slots = slots % 14;
        uint64 present = uint64(block.timestamp) / SLOT;
        lane.fromSlot = ahead % 16 == 0 ? present - 5 + uint64(ahead % 300) : present + uint64(ahead % 12);
        lane.slotPrice = uint128((uint256(offer.lanePrice) * lane.kbps + 999) / 1000);
        maxPrice = maxPrice % 4 == 0 ? maxPrice % HIGHEST : HIGHEST;
        bool isAllowed =
            lane.kbps > 0 &&
                lane.slots > 0 &&
                lane.slots <= 12 &&
                offer.lanePrice <= maxPrice &&
                lane.fromSlot >= present &&
                lane.fromSlot + lane.slots <= present + REACH &&
                _fits(lane, offer.laneKbps);
        uint256 cost = uint256(lane.slotPrice) * lane.slots;
        _give(lane.payer, cost);
        CHEATS.prank(lane.payer);
        try lanes.reserve(lane.payee, lane.kbps, lane.fromSlot, lane.slots, lane.signer, maxPrice) returns (
            bytes32 id
        ) {
            check(isAllowed, "reserved what is not allowed");
            lane.number = uint64(_known.length + 1);
            check(id == lanes.idOf(lane), "the id of the lane");
            _known.push().lane = lane;
            _book(lane, offer.laneKbps);
            put += cost;
        } catch {
            check(!isAllowed, "what is offered can be reserved");
            CHEATS.prank(lane.payer);
            token.transfer(address(network), cost);
        }
    }

    /// @param forged One signature in four is somebody else's
    function settle(uint256 pick, uint8 slotsServed, uint256 forged) external {
        if (_known.length == 0) return;
        Known storage one = _known[pick % _known.length];
        uint256 key = forged % 4 == 0 ? FORGER : KEY;
        slotsServed %= 14;
        bool isDue = !one.isOver && key == KEY && slotsServed > one.paid && slotsServed <= one.lane.slots;
        bytes32 digest = Digests.served(block.chainid, address(lanes), lanes.idOf(one.lane), slotsServed);
        (uint8 v, bytes32 r, bytes32 s) = CHEATS.sign(key, digest);
        try lanes.settle(one.lane, slotsServed, r, bytes32(uint256(s) | (uint256(v - 27) << 255))) {
            check(isDue, "paid what is not due");
            earned[one.lane.payee] += uint256(slotsServed - one.paid) * one.lane.slotPrice;
            one.paid = slotsServed;
            one.isOver = slotsServed == one.lane.slots;
        } catch {
            check(!isDue, "what is due can be settled");
        }
    }

    function refund(uint256 pick) external {
        if (_known.length == 0) return;
        Known storage one = _known[pick % _known.length];
        bool isDue = !one.isOver && block.timestamp >= (one.lane.fromSlot + one.lane.slots) * SLOT + GRACE;
        try lanes.refund(one.lane) {
            check(isDue, "refunded too early, or twice");
            uint256 left = uint256(one.lane.slots - one.paid) * one.lane.slotPrice;
            earned[one.lane.payee] += left / 10;
            back += left - left / 10;
            one.isOver = true;
        } catch {
            check(!isDue, "what is left can be refunded");
        }
    }

    /// @param time Some minutes, so that lanes share slots, or now and then more than the grace
    function pass(uint256 time) external {
        CHEATS.warp(block.timestamp + (time % (time % 8 == 0 ? 2 hours : 10 minutes)));
    }

    // ------------------------------------------------------------------ parts

    function _post(address account, uint32 laneKbps, uint96 lanePrice) private {
        CHEATS.prank(account);
        offers.post(IOffers.Offer(1, 0, laneKbps, lanePrice, 0, 0), "");
    }

    function _give(address account, uint256 amount) private {
        CHEATS.prank(address(network));
        token.transfer(account, amount);
        CHEATS.prank(account);
        token.approve(address(lanes), amount);
    }

    function _fits(ILanes.Lane memory lane, uint32 laneKbps) private view returns (bool) {
        for (uint64 slot = lane.fromSlot; slot < lane.fromSlot + lane.slots; slot++) {
            if (reserved[lane.payee][slot] + lane.kbps > laneKbps) return false;
        }
        return true;
    }

    function _book(ILanes.Lane memory lane, uint32 laneKbps) private {
        for (uint64 slot = lane.fromSlot; slot < lane.fromSlot + lane.slots; slot++) {
            reserved[lane.payee][slot] += lane.kbps;
            limit[lane.payee][slot] = laneKbps;
        }
    }
}
