// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Arrays} from "@openzeppelin/contracts/utils/Arrays.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {IEpochReports} from "./interfaces/IEpochReports.sol";
import {IStakeVault} from "./interfaces/IStakeVault.sol";
import {IVerifierRegistry} from "./interfaces/IVerifierRegistry.sol";
import {Attendance} from "./libraries/Attendance.sol";
import {Bits} from "./libraries/Bits.sol";
import {Bls12381} from "./libraries/Bls12381.sol";
import {KeySnapshot} from "./libraries/KeySnapshot.sol";
import {WaitingList} from "./libraries/WaitingList.sol";

/// @notice Holds the verifiers with their places, and freezes the set of an era: first a plan, which only reads, then its
///         application. The registry decides who may call when.
abstract contract FrozenSets is IVerifierRegistry {
    using Attendance for Attendance.History;
    using Attendance for Attendance.Roll;
    using Bls12381 for Bls12381.G1;
    using Checkpoints for Checkpoints.Trace224;
    using KeySnapshot for address;
    using KeySnapshot for KeySnapshot.Draft;
    using SafeCast for uint256;
    using WaitingList for WaitingList.List;

    /// @notice Where a verifier has its place.
    enum Place {
        None, // never registered
        Waiting,
        Member, // of the last frozen set; before the start, of the set to come
        Left
    }

    /// @notice A registered verifier.
    struct Record {
        address account;
        uint32 capacityKbps;
        uint40 exitingSince; // unix seconds; 0 while the verifier stays
        Place place;
        uint8 position; // of a member
        bytes32[3] packedKey; // 96 bytes
    }

    /// @notice One of the newest frozen sets.
    struct Newest {
        uint32 era;
        address snapshot;
        uint64 genesis; // the same in each, so that one slot suffices
    }

    /// @notice What a freeze would do.
    struct Plan {
        uint256 out; // the positions of those who lose their place
        uint256[] waiting; // those who wait, highest bond first
        uint256 entering; // how many of them enter
        Attendance.Roll roll;
    }

    /// @notice The most verifiers of a set: one freeze within the gas limit can write no more.
    uint256 public constant MAX_VERIFIERS = 191;
    /// @dev One in so many members of a new set may be new.
    uint256 private constant NEW_SHARE = 4;

    /// @notice The vault that holds the bonds.
    IStakeVault public immutable vault;
    /// @notice The contract that knows who was in a certificate.
    IEpochReports public immutable reports;
    /// @inheritdoc IVerifierRegistry
    uint32 public immutable minimumVerifiers;

    /// @dev The newest frozen set; all zero before the start. A certificate of its era reads this one slot.
    Newest internal _newest;
    /// @dev The one before: reports of the last epoch of an era come when the next era's set is frozen.
    Newest private _before;
    /// @dev All frozen sets by era. A value holds the era (high 64 bits) and the snapshot's head (low 160 bits).
    Checkpoints.Trace224 private _frozen;

    /// @dev The indices of the members, by position.
    uint32[] internal _members;
    /// @dev A bit above all positions, so that no exit or expulsion pays for a new slot.
    uint256 internal constant NOBODY = 1 << 255;
    /// @dev The positions of the members that asked to leave or were expelled.
    uint256 internal _leaving = NOBODY;
    Attendance.History internal _attendance;
    WaitingList.List internal _waiting;
    mapping(uint32 index => Record) internal _records;

    constructor(IStakeVault vault_, IEpochReports reports_, uint32 minimumVerifiers_) {
        if (minimumVerifiers_ == 0) revert ZeroParameter("minimumVerifiers");
        vault = vault_;
        reports = reports_;
        minimumVerifiers = minimumVerifiers_;
    }

    // ------------------------------------------------------------------ the first set

    /// @dev Freezes era 1 with all members.
    function _freezeFirst(uint64 genesisTime) internal {
        uint256 size = _members.length;
        KeySnapshot.Draft memory draft = KeySnapshot.draftFrom(address(0), size);
        for (uint256 i = 0; i < size; i++) {
            uint32 index = _members[i];
            Bls12381.G1 memory key = _loadKey(_records[index]);
            draft.setRecord(i, key, index);
            draft.aggregate.addInto(key);
        }
        _attendance.start();
        _publish(1, genesisTime, draft);
    }

    // ------------------------------------------------------------------ the plan

    /// @dev Whether a plan changes anything.
    function _changes(Plan memory plan) internal pure returns (bool) {
        return plan.out != 0 || plan.entering != 0;
    }

    /// @dev What a freeze of an era would do now.
    function _plan(uint64 era) internal view returns (Plan memory plan) {
        uint256 members = Bits.below(_members.length);
        plan.roll = _attendance.rollCall(reports, era, _newest.era);
        plan.waiting = _waiting.ranked();
        uint256 idle = plan.roll.idle() & members & ~_leaving;
        plan.out = (_leaving & ~NOBODY) | idle;
        uint256 staying = Bits.count(members & ~plan.out);
        uint256 room = MAX_VERIFIERS - staying;
        uint256 quota = _quota(staying, Bits.count(plan.roll.unproven & members & ~plan.out), plan.roll.halted());
        plan.entering = Math.min(plan.waiting.length, Math.min(room, quota));
        // Idle ones that are needed for the minimum stay.
        for (uint256 size = staying + plan.entering; size < minimumVerifiers && idle != 0; size++) {
            plan.out ^= 1 << Bits.lowest(idle);
            idle &= idle - 1;
        }
        if (plan.entering == room) _displace(plan, members);
    }

    /// @dev How many may enter beside those who stay. Who has entered and was in no certificate since is still new. At
    ///      least one enters if nobody is new, and after an era without a certificate, in which nobody could show itself.
    function _quota(uint256 staying, uint256 unproven, bool halted) private pure returns (uint256) {
        uint256 quota = Math.saturatingSub(staying, NEW_SHARE * unproven) / (NEW_SHARE - 1);
        return unproven == 0 || halted ? Math.max(1, quota) : quota;
    }

    /// @dev In a full set, has the highest bonds that wait take the places of the lowest bonds among those whom no
    ///      certificate of the last era shows.
    function _displace(Plan memory plan, uint256 members) private view {
        uint256 absent = plan.roll.absent() & members & ~plan.out;
        uint256[] memory lowest = new uint256[](Bits.count(absent)); // the bond, then the position in the low 8 bits
        for (uint256 i = 0; i < lowest.length; absent &= absent - 1) {
            uint256 position = Bits.lowest(absent);
            address account = _records[_members[position]].account;
            lowest[i++] = (vault.activeStake(address(this), account) << 8) | position;
        }
        Arrays.sort(lowest);
        for (uint256 i = 0; i < lowest.length && plan.entering < plan.waiting.length; i++) {
            if (WaitingList.bondOf(plan.waiting[plan.entering]) <= lowest[i] >> 8) return;
            uint256 out = plan.out | (1 << uint8(lowest[i]));
            uint256 unproven = Bits.count(plan.roll.unproven & members & ~out);
            if ((plan.entering + 1 + unproven) * NEW_SHARE > MAX_VERIFIERS) return;
            (plan.out, plan.entering) = (out, plan.entering + 1);
        }
    }

    // ------------------------------------------------------------------ its application

    /// @dev Freezes an era by a plan that changes something. Newcomers take the places that become free, and the last
    ///      members those that are left, so that few chunks change. An empty set is possible; it certifies nothing.
    function _freeze(uint64 era, Plan memory plan) internal {
        uint256 size = _members.length + plan.entering - Bits.count(plan.out);
        KeySnapshot.Draft memory draft = KeySnapshot.draftFrom(_newest.snapshot, size);
        _leaving = NOBODY;
        for (uint256 bits = plan.out; bits != 0; bits &= bits - 1) {
            uint32 index = _members[Bits.lowest(bits)];
            draft.aggregate.addInto(_loadKey(_records[index]).negate());
            _leaveOut(index, era);
        }
        uint256 free = plan.out;
        for (uint256 i = 0; i < plan.entering; i++) {
            uint32 index = WaitingList.indexOf(plan.waiting[i]);
            uint256 position = _members.length;
            if (free != 0) (position, free) = (Bits.lowest(free), free & (free - 1));
            else _members.push();
            draft.aggregate.addInto(_setMember(draft, position, index));
            plan.roll.enter(position);
        }
        if (plan.entering > 0) _waiting.removeFirst(plan.waiting, plan.entering);
        while (free != 0) {
            uint256 last = _members.length - 1;
            if (free >> last == 1) {
                free ^= 1 << last;
            } else {
                uint256 position = Bits.lowest(free);
                free &= free - 1;
                _setMember(draft, position, _members[last]);
                plan.roll.move(last, position);
            }
            _members.pop();
        }
        _attendance.keep(plan.roll);
        _publish(era, _newest.genesis, draft);
    }

    /// @dev Gives a verifier a position.
    function _setMember(
        KeySnapshot.Draft memory draft,
        uint256 position,
        uint32 index
    ) private returns (Bls12381.G1 memory key) {
        Record storage record = _records[index];
        (record.place, record.position) = (Place.Member, uint8(position));
        _members[position] = index;
        key = _loadKey(record);
        draft.setRecord(position, key, index);
    }

    /// @dev Writes the snapshot and makes it the newest.
    function _publish(uint64 era, uint64 genesisTime, KeySnapshot.Draft memory draft) private {
        address snapshot = draft.create();
        uint32 eraKey = uint256(era).toUint32();
        _before = _newest;
        _newest = Newest(eraKey, snapshot, genesisTime);
        _frozen.push(eraKey, (uint224(era) << 160) | uint160(snapshot));
        emit Frozen(era, snapshot, uint32(draft.size));
    }

    /// @dev Takes the place of a verifier and starts its unbonding. The caller fills the position of a member.
    function _leaveOut(uint32 index, uint64 era) internal {
        Record storage record = _records[index];
        record.place = Place.Left;
        emit LeftOut(index, record.account, era);
        vault.unbond(record.account);
    }

    // ------------------------------------------------------------------ reading

    /// @inheritdoc IVerifierRegistry
    function genesis() public view returns (uint64) {
        return _newest.genesis;
    }

    /// @inheritdoc IVerifierRegistry
    function isFrozen(uint64 era) public view returns (bool) {
        return era != 0 && frozenEraFor(era) == era;
    }

    /// @inheritdoc IVerifierRegistry
    function frozenEraFor(uint64 era) public view returns (uint64) {
        return uint64(_frozen.upperLookupRecent(uint256(era).toUint32()) >> 160);
    }

    /// @dev The snapshot of the set in force in an era, and genesis. The newest set costs one slot to read, the one
    ///      before it two; an older one is found by binary search.
    function _inForce(uint64 era) internal view returns (address snapshot, uint64 time) {
        Newest memory last = _newest;
        if (era >= last.era) return (last.snapshot, last.genesis);
        Newest memory before = _before;
        if (era >= before.era) return (before.snapshot, last.genesis);
        return (address(uint160(_frozen.upperLookupRecent(uint256(era).toUint32()))), last.genesis);
    }

    /// @dev Packs the two coordinates of 48 bytes into three slots: both high parts share the first.
    function _storeKey(Record storage record, Bls12381.G1 memory key) internal {
        record.packedKey[0] = bytes32((key.xHi << 128) | key.yHi);
        record.packedKey[1] = bytes32(key.xLo);
        record.packedKey[2] = bytes32(key.yLo);
    }

    /// @dev The inverse of `_storeKey`.
    function _loadKey(Record storage record) internal view returns (Bls12381.G1 memory) {
        uint256 high = uint256(record.packedKey[0]);
        return Bls12381.G1(high >> 128, uint256(record.packedKey[1]), uint128(high), uint256(record.packedKey[2]));
    }
}
