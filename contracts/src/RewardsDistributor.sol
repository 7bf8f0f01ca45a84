// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {IEpochReports} from "./interfaces/IEpochReports.sol";
import {IRewardsDistributor} from "./interfaces/IRewardsDistributor.sol";
import {Digests} from "./libraries/Digests.sol";
import {ExactTransfers} from "./libraries/ExactTransfers.sol";

/// @notice Pays verifiers and providers what final reports show, and mints nothing. It has no owner.
/// @dev The amounts in reports are cumulative, so it does not matter which of them are claimed, by whom and in which
///      order. A report cannot make the contract pay more than its pot holds. All state is written before the token is
///      called.
contract RewardsDistributor is IRewardsDistributor {
    using SafeERC20 for IERC20;
    using ExactTransfers for IERC20;

    /// @notice The token that is paid.
    IERC20 public immutable token;
    /// @notice The contract that holds the reports.
    IEpochReports public immutable reports;

    /// @inheritdoc IRewardsDistributor
    uint256 public funded;
    /// @inheritdoc IRewardsDistributor
    mapping(address account => uint256) public claimed;

    /// @param token_ The token that is paid; a transfer must move the exact amount
    /// @param reports_ The contract that holds the reports
    constructor(IERC20 token_, IEpochReports reports_) {
        token = token_;
        reports = reports_;
    }

    /// @inheritdoc IRewardsDistributor
    function fund(uint256 amount) external {
        if (amount == 0) revert NothingToFund();
        funded += amount;
        emit Funded(msg.sender, amount);
        uint256 received = token.take(amount);
        if (received != amount) revert WrongAmountReceived(amount, received);
    }

    /// @inheritdoc IRewardsDistributor
    function claim(
        IEpochReports.Header calldata header,
        address account,
        uint256 cumulative,
        bytes32[] calldata proof
    ) external returns (uint256 amount) {
        (, uint64 finalAt) = reports.openReport(header);
        if (block.timestamp < finalAt) revert NotFinal(header.epoch, finalAt);
        bytes32 leaf = Digests.rewardLeaf(account, cumulative);
        if (!MerkleProof.verifyCalldata(proof, header.rewardsRoot, leaf)) {
            revert NotInReport(header.epoch, account, cumulative);
        }
        uint256 before = claimed[account];
        if (cumulative <= before) revert NothingToClaim(account, before, cumulative);
        amount = cumulative - before;
        uint256 left = token.balanceOf(address(this));
        if (left < amount) revert PotTooSmall(left, amount);

        claimed[account] = cumulative;
        emit Claimed(account, header.epoch, amount, cumulative);
        token.safeTransfer(account, amount);
    }
}
