// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {IEpochReports} from "../interfaces/IEpochReports.sol";
import {IRefutations} from "../interfaces/IRefutations.sol";
import {ISlashingManager} from "../interfaces/ISlashingManager.sol";
import {Digests} from "./Digests.sol";

/// @notice Decides whether votes contradict a penalty. The rules are those of verifier/core/scoring.
/// @dev A receiver with an opened vote cannot count as low: of its votes in the epoch in which it is due, one is at or above
///      the threshold, and a second one would void both. Nor can a receiver that is due after the leaf's epoch, where a
///      provider's exit ends its window early. So the low receivers are among the others.
library Refutations {
    uint8 private constant VERIFIED = 1;
    uint8 private constant AT_LEAST = 3;
    uint256 private constant FULL_BPS = 10_000;

    /// @notice Tells whether a report may end a window before its own, because that window had no report at its end.
    /// @param epoch The epoch of the report
    /// @param previousEpoch The epoch of the report before, or zero if there is none
    /// @param windowEpochs The length of a window, in epochs
    /// @return True if votes of an earlier window may still have waited
    function endsEarlierWindow(uint64 epoch, uint64 previousEpoch, uint64 windowEpochs) internal pure returns (bool) {
        uint64 start = epoch - ((epoch - 1) % windowEpochs);
        return previousEpoch < start && previousEpoch % windowEpochs != 0;
    }

    /// @notice Checks that n - 2f assigned receivers voted at or above the threshold. Reverts with an error of
    ///         `IRefutations` otherwise.
    /// @param headers Accepted headers
    /// @param leaf The leaf
    /// @param assigned n
    /// @param votes The votes, in ascending order of their receivers
    /// @param breachBps The slashing threshold, in basis points of the claim
    function requireNoBreach(
        IEpochReports.Header[] calldata headers,
        ISlashingManager.Leaf calldata leaf,
        uint32 assigned,
        IRefutations.OpenedVote[] calldata votes,
        uint16 breachBps
    ) internal pure {
        uint256 needed = assigned == 0 ? 1 : assigned - 2 * uint256((assigned - 1) / 3);
        if (votes.length < needed) revert IRefutations.TooFewVotes(votes.length, needed);
        for (uint256 i = 0; i < votes.length; ++i) {
            IRefutations.OpenedVote calldata opened = votes[i];
            uint32 receiver = opened.vote.receiver;
            if (i > 0 && receiver <= votes[i - 1].vote.receiver) revert IRefutations.ReceiversNotAscending(receiver);
            if (opened.vote.epoch <= leaf.epoch) {
                _requireAbove(headers[opened.header], leaf, opened.vote, breachBps);
                _requireInSet(headers[opened.header], opened);
            }
            bytes32 place = _leafHash(abi.encode(assigned, receiver, opened.vote.epoch));
            if (!MerkleProof.verifyCalldata(opened.assignedProof, leaf.assignedRoot, place)) {
                revert IRefutations.NotAssigned(receiver);
            }
        }
    }

    /// @dev The vote is of the header's epoch and of the leaf's provider, and at or above the threshold.
    function _requireAbove(
        IEpochReports.Header calldata header,
        ISlashingManager.Leaf calldata leaf,
        IRefutations.Vote calldata vote,
        uint16 breachBps
    ) private pure {
        if (vote.epoch != header.epoch || vote.provider != leaf.provider) {
            revert IRefutations.VoteOfAnother(vote.receiver);
        }
        bool isReading = vote.outcome == VERIFIED || vote.outcome == AT_LEAST;
        bool isLow = vote.rateKbps * FULL_BPS < uint256(leaf.claimKbps) * breachBps;
        if (!isReading || isLow) revert IRefutations.VoteNotAbove(vote.receiver);
    }

    /// @dev The vote is in a ballot of its receiver, and that ballot is in the header's ballot set.
    function _requireInSet(IEpochReports.Header calldata header, IRefutations.OpenedVote calldata opened) private pure {
        bytes32 ballotRoot = MerkleProof.processProofCalldata(opened.ballotProof, Digests.voteHash(opened.vote));
        bytes32 entry = _leafHash(abi.encode(opened.vote.receiver, ballotRoot));
        if (!MerkleProof.verifyCalldata(opened.setProof, header.ballotSetRoot, entry)) {
            revert IRefutations.NotInBallotSet(opened.vote.receiver);
        }
    }

    /// @dev Hashed twice, like every leaf of a tree in proto/merkle.ts.
    function _leafHash(bytes memory encoded) private pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(encoded)));
    }
}
