// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IEpochReports} from "../interfaces/IEpochReports.sol";
import {IPrice} from "../interfaces/IPrice.sol";
import {ISlashingManager} from "../interfaces/ISlashingManager.sol";
import {ITransferEscrow} from "../interfaces/ITransferEscrow.sol";
import {Digests} from "../libraries/Digests.sol";
import {ExactTransfers} from "../libraries/ExactTransfers.sol";

/// @notice Pays for traffic by receipts that users signed. It has no owner, and no say over stakes.
/// @dev What is written of a channel is written before its tokens move, so that a token that calls back finds it as it will be.
contract TransferEscrow is ITransferEscrow {
    using SafeERC20 for IERC20;
    using ExactTransfers for IERC20;

    /// @dev One slot. A sum that does not fit reverts.
    struct Balance {
        uint96 deposit;
        uint96 paid;
        uint64 closesAt; // unix seconds; 0 before the thaw
    }

    /// @dev Prices are wei for so many bytes.
    uint256 private constant PRICED_BYTES = 1 << 30;
    uint8 private constant PREMIUM_TIER = 2;
    /// @dev The last so many epochs: a tier of long ago says nothing.
    uint64 private constant RECENT_EPOCHS = 10;

    /// @notice The token in which everything is paid; a transfer must move the exact amount.
    IERC20 public immutable token;
    /// @notice The contract that knows prices.
    IPrice public immutable prices;
    /// @notice The contract that holds the reports. Receipts name it as the contract that verifies them.
    IEpochReports public immutable reports;
    /// @inheritdoc ITransferEscrow
    uint64 public immutable thawSeconds;

    /// @dev Of the deployment. After a fork, the ids of open channels stay, and receipts of either chain count there alone.
    uint256 private immutable _chainId = block.chainid;

    /// @dev The number of the next channel. Never zero, so that the first costs no more than later ones.
    uint64 private _nextNumber = 1;
    mapping(bytes32 id => Balance) private _balances;

    /// @notice Reverts with `ZeroThaw`.
    /// @param token_ The token in which everything is paid
    /// @param prices_ The contract that knows prices
    /// @param reports_ The contract that holds the reports
    /// @param thawSeconds_ The time between `startClose` and `close`, in seconds
    constructor(IERC20 token_, IPrice prices_, IEpochReports reports_, uint64 thawSeconds_) {
        if (thawSeconds_ == 0) revert ZeroThaw();
        token = token_;
        prices = prices_;
        reports = reports_;
        thawSeconds = thawSeconds_;
    }

    // ------------------------------------------------------------------ the payer

    /// @inheritdoc ITransferEscrow
    function open(address payee, address signer, uint96 deposit, uint96 maxPrice) external returns (bytes32 id) {
        return _open(payee, signer, deposit, maxPrice, false);
    }

    /// @inheritdoc ITransferEscrow
    function openPremium(
        address payee,
        address signer,
        uint96 deposit,
        uint96 maxPrice,
        IEpochReports.Header calldata header,
        ISlashingManager.Leaf calldata leaf,
        bytes32[] calldata proof
    ) external returns (bytes32 id) {
        if (leaf.provider != payee) revert NotThePayee(payee, leaf.provider);
        if (leaf.tier < PREMIUM_TIER) revert TierTooLow(leaf.tier, PREMIUM_TIER);
        uint64 last = reports.lastEpoch();
        uint64 oldest = last < RECENT_EPOCHS ? 1 : last - RECENT_EPOCHS + 1;
        if (header.epoch < oldest) revert ReportTooOld(header.epoch, oldest);
        reports.openReport(header);
        if (!MerkleProof.verifyCalldata(proof, header.scoreRoot, Digests.leafHash(leaf))) {
            revert NotInReport(header.epoch, leaf.provider);
        }
        return _open(payee, signer, deposit, maxPrice, true);
    }

    /// @inheritdoc ITransferEscrow
    function topUp(Channel calldata channel, uint96 amount) external {
        bytes32 id = idOf(channel);
        Balance storage balance = _opened(id);
        _add(balance, amount);
        emit ToppedUp(id, msg.sender, amount);
        _take(amount);
    }

    /// @inheritdoc ITransferEscrow
    function startClose(Channel calldata channel) external {
        if (msg.sender != channel.payer) revert NotAllowed(msg.sender, channel.payer);
        bytes32 id = idOf(channel);
        Balance storage balance = _opened(id);
        if (balance.closesAt != 0) revert AlreadyClosing(id, balance.closesAt);
        uint64 closesAt = uint64(block.timestamp) + thawSeconds;
        balance.closesAt = closesAt;
        emit CloseStarted(id, channel.payee, closesAt);
    }

    /// @inheritdoc ITransferEscrow
    function close(Channel calldata channel) external {
        bytes32 id = idOf(channel);
        uint64 closesAt = _opened(id).closesAt;
        if (closesAt == 0 || block.timestamp < closesAt) revert NotThawed(id, closesAt);
        _end(id, channel);
    }

    // ------------------------------------------------------------------ the payee

    /// @inheritdoc ITransferEscrow
    function redeem(Redemption[] calldata redemptions) external {
        address payee;
        uint256 due;
        for (uint256 i = 0; i < redemptions.length; ++i) {
            Redemption calldata one = redemptions[i];
            uint256 amount = _redeem(one);
            if (amount == 0) continue;
            if (one.channel.payee != payee) {
                _pay(payee, due);
                (payee, due) = (one.channel.payee, 0);
            }
            due += amount;
        }
        if (due == 0) revert NothingToRedeem();
        _pay(payee, due);
    }

    /// @inheritdoc ITransferEscrow
    function release(Channel calldata channel) external {
        if (msg.sender != channel.payee) revert NotAllowed(msg.sender, channel.payee);
        bytes32 id = idOf(channel);
        _opened(id);
        _end(id, channel);
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc ITransferEscrow
    function idOf(Channel memory channel) public view returns (bytes32) {
        return Digests.channel(_chainId, address(this), channel);
    }

    /// @inheritdoc ITransferEscrow
    function balanceOf(bytes32 id) external view returns (uint96 deposit, uint96 paid, uint64 closesAt) {
        Balance storage balance = _balances[id];
        return (balance.deposit, balance.paid, balance.closesAt);
    }

    // ------------------------------------------------------------------ parts

    function _open(
        address payee,
        address signer,
        uint96 deposit,
        uint96 maxPrice,
        bool isPremium
    ) private returns (bytes32 id) {
        if (signer == address(0)) revert NoSigner();
        uint96 price = prices.quote(payee, isPremium);
        if (price > maxPrice) revert PriceTooHigh(price, maxPrice);
        Channel memory channel = Channel(_nextNumber++, msg.sender, payee, signer, price);
        id = idOf(channel);
        _add(_balances[id], deposit);
        emit Opened(id, msg.sender, payee, channel, deposit, isPremium);
        _take(deposit);
    }

    /// @dev What a receipt brings. Zero for one that was paid, or whose channel has ended or has no more.
    function _redeem(Redemption calldata one) private returns (uint256 amount) {
        bytes32 id = idOf(one.channel);
        Balance storage balance = _balances[id];
        (uint96 deposit, uint96 paid) = (balance.deposit, balance.paid);
        uint256 earned = Math.min((uint256(one.total) * one.channel.price) / PRICED_BYTES, deposit);
        if (earned <= paid) return 0;
        Digests.Voucher memory receipt = Digests.Voucher(
            one.sessionId,
            one.bytesCarried,
            one.head,
            one.elapsedMs,
            id,
            one.total
        );
        bytes32 digest = Digests.voucher(block.chainid, address(reports), receipt);
        // Refuses the second form that every signature has, and the zero account.
        (address signer, ECDSA.RecoverError fault, ) = ECDSA.tryRecover(digest, one.r, one.vs);
        if (fault != ECDSA.RecoverError.NoError || signer != one.channel.signer) revert WrongSignature(id);
        amount = earned - paid;
        balance.paid = uint96(earned);
        emit Redeemed(id, one.channel.payee, one.total, amount);
    }

    function _pay(address payee, uint256 amount) private {
        if (amount == 0) return;
        token.safeTransfer(payee, amount);
        prices.settled(payee, amount);
    }

    function _end(bytes32 id, Channel calldata channel) private {
        Balance memory balance = _balances[id];
        delete _balances[id];
        uint256 left = balance.deposit - balance.paid;
        emit Closed(id, channel.payer, channel.payee, left);
        token.safeTransfer(channel.payer, left);
    }

    function _opened(bytes32 id) private view returns (Balance storage balance) {
        balance = _balances[id];
        if (balance.deposit == 0) revert NotOpen(id);
    }

    function _add(Balance storage balance, uint96 amount) private {
        if (amount == 0) revert NoDeposit();
        balance.deposit += amount;
    }

    function _take(uint256 amount) private {
        uint256 received = token.take(amount);
        if (received != amount) revert WrongAmountReceived(amount, received);
    }
}
