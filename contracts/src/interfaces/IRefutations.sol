// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IEpochReports} from "./IEpochReports.sol";
import {ISlashingManager} from "./ISlashingManager.sol";

/// @notice Voids a penalty that the votes of its own report contradict.
interface IRefutations {
    /// @notice One verifier's measurement of one provider in one epoch, a leaf of its ballot.
    /// @dev The field order is the order of `VOTE_FIELDS` in proto/vote.ts.
    struct Vote {
        /// @notice The epoch
        uint64 epoch;
        /// @notice The account of the provider
        address provider;
        /// @notice The registry index of the verifier that measured
        uint32 receiver;
        /// @notice The outcome of the session: 1 verified, 3 at least; see OUTCOME in proto/vote.ts
        uint8 outcome;
        /// @notice The rate, in kbit/s at the IP layer; a lower bound if the outcome is 3
        uint32 rateKbps;
        /// @notice The goodput, in kbit/s
        uint32 goodputKbps;
        /// @notice The loss, in basis points
        uint16 lossBps;
        /// @notice The jitter, in microseconds
        uint32 jitterUs;
        /// @notice The sum of what the senders offered, in kbit/s
        uint32 offeredKbps;
        /// @notice The loss of the control datagrams, in basis points
        uint16 controlLossBps;
        /// @notice The delay of the control datagrams, in microseconds
        uint32 controlDelayUs;
        /// @notice The rate of the direct path, in kbit/s
        uint32 directKbps;
        /// @notice The senders whose data could not be verified, as a bitmap
        uint32 unverifiableSenders;
        /// @notice The ticks in which heartbeats were sent, as a bitmap
        uint256 ticksSent;
        /// @notice The ticks in which heartbeats were answered, as a bitmap
        uint256 ticksAnswered;
        /// @notice The id of the session
        bytes32 sessionId;
        /// @notice The Merkle root of the received chunks
        bytes32 chunkRoot;
        /// @notice The hash of the senders' key commitments
        bytes32 keyCommitments;
        /// @notice The head of the provider's chain of receipts
        bytes32 receiptHead;
        /// @notice True if the session was a soak
        bool soak;
        /// @notice The seed of the receiver's schedule for this provider
        bytes32 scheduleProof;
        /// @notice The delay that the way through the provider adds, in microseconds
        uint32 delayUs;
        /// @notice The hash of the network that the provider's datagrams came from
        bytes32 link;
        /// @notice The number of sessions that the receiver ran
        uint8 attempts;
        /// @notice Why there was no path; see CAUSE in proto/vote.ts
        uint8 cause;
        /// @notice The hash of the senders' peer ids at the provider
        bytes32 sessionPeers;
        /// @notice The outcome of the other session; 0 if there was none
        uint8 otherOutcome;
        /// @notice The rate of the other session, in kbit/s
        uint32 otherKbps;
        /// @notice The senders of the other session whose data was not verified, as bits
        uint32 otherUnverifiable;
        /// @notice Whether the vote rests on the second session
        bool second;
    }

    /// @notice A vote, with the way to the roots that a certified report holds.
    struct OpenedVote {
        /// @notice The place of the header of the vote's epoch in the list of headers
        uint8 header;
        /// @notice The vote
        Vote vote;
        /// @notice The sibling hashes from the vote up to the root of its receiver's ballot
        bytes32[] ballotProof;
        /// @notice The sibling hashes from (receiver, ballot root) up to the header's ballot-set root
        bytes32[] setProof;
        /// @notice The sibling hashes from (assigned, receiver, epoch) up to the leaf's assigned root
        bytes32[] assignedProof;
    }

    // ------------------------------------------------------------------ events

    /// @notice Emitted when a penalty is voided.
    /// @param epoch The epoch of the leaf
    /// @param provider The account of the provider
    /// @param penaltyBps The penalty that is void
    /// @param refuter The account that refuted it
    event Refuted(uint64 indexed epoch, address indexed provider, uint16 penaltyBps, address refuter);

    // ------------------------------------------------------------------ errors

    /// @notice Thrown by `refute` if the settlement delay has passed.
    /// @param epoch The epoch of the leaf
    /// @param finalAt The end of the settlement delay, in unix seconds
    error TooLateToRefute(uint64 epoch, uint64 finalAt);

    /// @notice Thrown by `refute` if the header does not name the report of this epoch as the one before.
    /// @param previousEpoch The epoch that was given
    error NotThePreviousEpoch(uint64 previousEpoch);

    /// @notice Thrown by `refute` if the report may also end an earlier window, which had no report at its end. The penalty
    ///         may then rest on votes that the leaf's assigned root does not cover.
    /// @param epoch The epoch of the leaf
    /// @param previousEpoch The epoch of the report before
    error EndsEarlierWindow(uint64 epoch, uint64 previousEpoch);

    /// @notice Thrown by `refute` if the votes are too few to rule out a breach.
    /// @param given The number of votes
    /// @param needed The number that is needed: n - 2f
    error TooFewVotes(uint256 given, uint256 needed);

    /// @notice Thrown by `refute` if the receivers are unsorted or one of them appears twice.
    /// @param receiver The receiver that is not above the one before
    error ReceiversNotAscending(uint32 receiver);

    /// @notice Thrown by `refute` if a vote is of another epoch than its header, or of another provider than the leaf.
    /// @param receiver The receiver of the vote
    error VoteOfAnother(uint32 receiver);

    /// @notice Thrown by `refute` if a vote is no reading or lower bound at or above the slashing threshold.
    /// @param receiver The receiver of the vote
    error VoteNotAbove(uint32 receiver);

    /// @notice Thrown by `refute` if a vote is not in the receiver's ballot, or that ballot not in the ballot set.
    /// @param receiver The receiver of the vote
    error NotInBallotSet(uint32 receiver);

    /// @notice Thrown by `refute` if the receiver was not assigned to measure the provider alone in that epoch, or if the
    ///         number of assigned receivers is another one.
    /// @param receiver The receiver of the vote
    error NotAssigned(uint32 receiver);

    // ------------------------------------------------------------------ refuting

    /// @notice Voids the penalty of a leaf before it can be settled. Anyone may call, until the settlement delay is over.
    /// @dev A breach needs 2f+1 low votes of the n assigned receivers. So votes at or above the threshold of n - 2f of them
    ///      make a breach impossible, and without a breach in its window no leaf has a penalty. A receiver that is due only
    ///      after the leaf's epoch needs no vote: it is named by a vote of that epoch, of which nothing else counts. Nobody
    ///      is needed if the provider had no receivers. Reverts with one of the errors above, or with
    ///      `IEpochReports.NotPosted`, `IEpochReports.NotTheReport`, `ISlashingManager.NotInReport`,
    ///      `ISlashingManager.NoPenalty` or `ISlashingManager.AlreadySettled`.
    /// @param headers The header of the leaf's report, and those of the other reports whose votes are opened
    /// @param leaf The leaf of the provider
    /// @param proof The sibling hashes from the leaf up to the report's score root
    /// @param previousEpoch The epoch of the report before the leaf's report, or zero if there is none
    /// @param assigned n, the number of receivers that were assigned to the provider
    /// @param votes The votes, in ascending order of their receivers
    function refute(
        IEpochReports.Header[] calldata headers,
        ISlashingManager.Leaf calldata leaf,
        bytes32[] calldata proof,
        uint64 previousEpoch,
        uint32 assigned,
        OpenedVote[] calldata votes
    ) external;

    // ------------------------------------------------------------------ views

    /// @notice The slashing threshold of the verifiers' rules, fixed at deployment.
    /// @return The threshold in basis points of the claim
    function breachBps() external view returns (uint16);

    /// @notice The length of a window in the verifiers' rules, fixed at deployment.
    /// @return The length in epochs
    function windowEpochs() external view returns (uint64);
}
