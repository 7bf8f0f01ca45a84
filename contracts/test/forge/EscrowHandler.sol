// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Offers} from "../../src/market/Offers.sol";
import {TransferEscrow} from "../../src/market/TransferEscrow.sol";
import {IOffers} from "../../src/interfaces/IOffers.sol";
import {ITransferEscrow} from "../../src/interfaces/ITransferEscrow.sol";
import {Digests} from "../../src/libraries/Digests.sol";
import {StakeToken} from "../../src/testnet/StakeToken.sol";
import {CHEATS, check} from "./Cheats.sol";
import {Network} from "./Network.sol";

/// @notice Channels that are opened, paid and ended in any order, with a second account of every token. Receipts may state
///         fewer bytes than those before, more than the deposit pays, or be signed by somebody else.
contract EscrowHandler {
    uint256 public constant PAYERS = 3;
    uint256 public constant PAYEES = 3;
    uint64 public constant THAW = 1 days;
    uint256 private constant KEY = 0xb0b;
    uint256 private constant FORGER = 0xbad;
    uint256 private constant GIB = 1 << 30;

    struct Known {
        ITransferEscrow.Channel channel;
        uint256 deposit;
        uint256 paid;
        uint64 closesAt;
        bool isOpen;
    }

    Network public immutable network;
    StakeToken public immutable token;
    Offers public immutable offers;
    TransferEscrow public immutable escrow;
    Known[] private _known;

    /// @notice All that payers put in, and all that they got back.
    uint256 public put;
    uint256 public back;
    mapping(address payee => uint256) public earned;

    constructor(Network network_) {
        network = network_;
        token = network_.token();
        offers = new Offers();
        escrow = new TransferEscrow(token, offers, network_.reports(), THAW);
        for (uint256 i = 0; i < PAYEES; i++) _post(payee(i), 1 ether);
    }

    function payer(uint256 i) public pure returns (address) {
        return address(uint160(0x50000 + (i % PAYERS)));
    }

    function payee(uint256 i) public pure returns (address) {
        return address(uint160(0x60000 + (i % PAYEES)));
    }

    function count() external view returns (uint256) {
        return _known.length;
    }

    function known(uint256 i) external view returns (Known memory) {
        return _known[i];
    }

    // ------------------------------------------------------------------ what the accounts do

    function post(uint256 i, uint96 price) external {
        _post(payee(i), 1 + (price % 100 ether));
    }

    function open(uint256 from, uint256 to, uint96 deposit, uint96 maxPrice) external {
        deposit = 1 + (deposit % 100 ether);
        address account = payer(from);
        uint96 price = offers.quote(payee(to), false);
        _give(account, deposit);
        CHEATS.prank(account);
        try escrow.open(payee(to), CHEATS.addr(KEY), deposit, maxPrice) returns (bytes32 id) {
            check(price <= maxPrice, "opened above the payer's price");
            Known storage made = _known.push();
            made.channel = ITransferEscrow.Channel(uint64(_known.length), account, payee(to), CHEATS.addr(KEY), price);
            (made.deposit, made.isOpen) = (deposit, true);
            check(id == escrow.idOf(made.channel), "the id of the channel");
            put += deposit;
        } catch {
            check(price > maxPrice, "a channel at a price that the payer takes");
            CHEATS.prank(account);
            token.transfer(address(network), deposit);
        }
    }

    function topUp(uint256 pick, uint96 amount) external {
        if (_known.length == 0) return;
        Known storage one = _known[pick % _known.length];
        amount = 1 + (amount % 100 ether);
        if (!one.isOpen) return;
        _give(one.channel.payer, amount);
        CHEATS.prank(one.channel.payer);
        escrow.topUp(one.channel, amount);
        one.deposit += amount;
        put += amount;
    }

    /// @param forged One receipt in four is signed by somebody else
    function redeem(uint256 pick, uint256 size, uint64 total, uint256 forged) external {
        if (_known.length == 0) return;
        ITransferEscrow.Redemption[] memory batch = new ITransferEscrow.Redemption[](1 + (size % 5));
        bool isForged = forged % 4 == 0;
        uint256[] memory due = new uint256[](batch.length);
        uint256 sum;
        bool isRefused;
        for (uint256 i = 0; i < batch.length; i++) {
            Known storage one = _known[uint256(keccak256(abi.encode(pick, i))) % _known.length];
            uint64 bytesNow = uint64(uint256(keccak256(abi.encode(total, i))) % (300 * GIB));
            bool isOther = isForged && i == forged % batch.length;
            batch[i] = _receipt(one.channel, bytesNow, isOther ? FORGER : KEY);
            due[i] = _due(one, bytesNow);
            if (isOther && due[i] > 0) isRefused = true;
            sum += due[i];
            if (!isRefused) one.paid += due[i]; // a channel may be in the batch twice
        }
        try escrow.redeem(batch) {
            check(!isRefused && sum > 0, "paid for nothing, or for a forged receipt");
            for (uint256 i = 0; i < batch.length; i++) earned[batch[i].channel.payee] += due[i];
        } catch {
            check(isRefused || sum == 0, "what is due can be redeemed");
            for (uint256 i = 0; i < batch.length; i++) _undo(batch[i].channel);
        }
    }

    function startClose(uint256 pick) external {
        if (_known.length == 0) return;
        Known storage one = _known[pick % _known.length];
        CHEATS.prank(one.channel.payer);
        try escrow.startClose(one.channel) {
            check(one.isOpen && one.closesAt == 0, "closing twice");
            one.closesAt = uint64(block.timestamp) + THAW;
        } catch {
            check(!one.isOpen || one.closesAt != 0, "a payer can leave");
        }
    }

    function close(uint256 pick) external {
        if (_known.length == 0) return;
        Known storage one = _known[pick % _known.length];
        bool isThawed = one.isOpen && one.closesAt != 0 && block.timestamp >= one.closesAt;
        try escrow.close(one.channel) {
            check(isThawed, "closed before the thaw");
            _ended(one);
        } catch {
            check(!isThawed, "what has thawed can be closed");
        }
    }

    function release(uint256 pick) external {
        if (_known.length == 0) return;
        Known storage one = _known[pick % _known.length];
        if (pick % 8 != 0 || !one.isOpen) return; // seldom, or no channel lives long
        CHEATS.prank(one.channel.payee);
        escrow.release(one.channel);
        _ended(one);
    }

    function pass(uint256 time) external {
        CHEATS.warp(block.timestamp + (time % THAW));
    }

    // ------------------------------------------------------------------ parts

    function _post(address account, uint96 price) private {
        CHEATS.prank(account);
        offers.post(IOffers.Offer(price, 0, 0, 0, 0, 0), "");
    }

    function _give(address account, uint256 amount) private {
        CHEATS.prank(address(network));
        token.transfer(account, amount);
        CHEATS.prank(account);
        token.approve(address(escrow), amount);
    }

    function _ended(Known storage one) private {
        back += one.deposit - one.paid;
        one.isOpen = false;
    }

    function _due(Known storage one, uint64 total) private view returns (uint256) {
        if (!one.isOpen) return 0;
        uint256 all = (uint256(total) * one.channel.price) / GIB;
        if (all > one.deposit) all = one.deposit;
        return all > one.paid ? all - one.paid : 0;
    }

    /// @dev What the contract says is what stands after a call that reverted.
    function _undo(ITransferEscrow.Channel memory channel) private {
        Known storage one = _known[channel.number - 1];
        if (!one.isOpen) return;
        (, uint96 paid, ) = escrow.balanceOf(escrow.idOf(channel));
        check(paid <= one.paid, "a call that reverts pays nothing");
        one.paid = paid;
    }

    function _receipt(
        ITransferEscrow.Channel memory channel,
        uint64 total,
        uint256 key
    ) private view returns (ITransferEscrow.Redemption memory) {
        bytes32 id = escrow.idOf(channel);
        Digests.Voucher memory voucher = Digests.Voucher("session", 7, "head", 9, id, total);
        bytes32 digest = Digests.voucher(block.chainid, address(network.reports()), voucher);
        (uint8 v, bytes32 r, bytes32 s) = CHEATS.sign(key, digest);
        bytes32 vs = bytes32(uint256(s) | (uint256(v - 27) << 255));
        return ITransferEscrow.Redemption(channel, "session", 7, "head", 9, total, r, vs);
    }
}
