// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {FrozenSets} from "./FrozenSets.sol";
import {IEpochReports} from "./interfaces/IEpochReports.sol";
import {IStakeVault} from "./interfaces/IStakeVault.sol";
import {IVerifierRegistry} from "./interfaces/IVerifierRegistry.sol";
import {Announcements} from "./libraries/Announcements.sol";
import {Bits} from "./libraries/Bits.sol";
import {Bls12381} from "./libraries/Bls12381.sol";
import {EpochClock} from "./libraries/EpochClock.sol";
import {KeySnapshot} from "./libraries/KeySnapshot.sol";
import {Possession} from "./libraries/Possession.sol";
import {WaitingList} from "./libraries/WaitingList.sol";

/// @notice Records the verifiers, keeps the network's clock, and freezes the verifier set of each era.
contract VerifierRegistry is FrozenSets {
    using KeySnapshot for address;
    using WaitingList for WaitingList.List;

    /// @notice The only account that can expel.
    address public immutable equivocationSlasher;
    /// @inheritdoc IVerifierRegistry
    uint256 public immutable verifierBond;
    /// @inheritdoc IVerifierRegistry
    uint64 public immutable epochSeconds;
    /// @inheritdoc IVerifierRegistry
    uint64 public immutable eraEpochs;
    /// @inheritdoc IVerifierRegistry
    uint64 public immutable startDelay;

    /// @dev The index that the last registration received.
    uint32 private _lastIndex;
    mapping(address account => bool) private _isGenesis;
    mapping(address account => uint32) private _indexOf;
    /// @dev By the hash of a key's first coordinate, which the key shares with its negative.
    mapping(bytes32 keyHash => bool) private _keyTaken;

    /// @notice Reverts with `ZeroParameter`, with `WrongGenesisSet`, and with `PrecompileUnusable` on a chain without the
    ///         EIP-2537 precompiles.
    /// @param vault_ The vault that holds the bonds
    /// @param reports_ The contract that knows who was in a certificate
    /// @param equivocationSlasher_ The only account that can expel
    /// @param config The figures that are fixed at deployment
    /// @param genesisVerifiers The accounts that can register before the start
    constructor(
        IStakeVault vault_,
        IEpochReports reports_,
        address equivocationSlasher_,
        Config memory config,
        address[] memory genesisVerifiers
    ) FrozenSets(vault_, reports_, config.minimumVerifiers) {
        if (config.verifierBond == 0) revert ZeroParameter("verifierBond");
        if (config.epochSeconds == 0) revert ZeroParameter("epochSeconds");
        if (config.eraEpochs == 0) revert ZeroParameter("eraEpochs");
        Bls12381.requirePrecompiles();
        equivocationSlasher = equivocationSlasher_;
        verifierBond = config.verifierBond;
        epochSeconds = config.epochSeconds;
        eraEpochs = config.eraEpochs;
        startDelay = config.startDelay;
        uint256 different;
        for (uint256 i = 0; i < genesisVerifiers.length; i++) {
            if (!_isGenesis[genesisVerifiers[i]]) ++different;
            _isGenesis[genesisVerifiers[i]] = true;
        }
        if (different != genesisVerifiers.length || different < config.minimumVerifiers || different > MAX_VERIFIERS) {
            revert WrongGenesisSet(different, config.minimumVerifiers, MAX_VERIFIERS);
        }
    }

    // ------------------------------------------------------------------ the verifier

    /// @inheritdoc IVerifierRegistry
    function register(
        bytes calldata blsKey,
        bytes calldata proofOfPossession,
        uint32 capacityKbps,
        address withdrawalAddress
    ) external returns (uint32 index) {
        if (_indexOf[msg.sender] != 0) revert AlreadyRegistered(msg.sender, _indexOf[msg.sender]);
        bool beforeStart = genesis() == 0;
        if (beforeStart && !_isGenesis[msg.sender]) revert NotGenesisVerifier(msg.sender);
        uint256 bond = vault.freeOf(address(this), msg.sender);
        if (bond < verifierBond) revert BondTooLow(bond, verifierBond);
        Bls12381.G1 memory key = Possession.prove(blsKey, proofOfPossession);
        bytes32 keyHash = Possession.hashOf(key);
        if (_keyTaken[keyHash]) revert KeyAlreadyRegistered(keyHash);

        index = ++_lastIndex;
        _keyTaken[keyHash] = true;
        _indexOf[msg.sender] = index;
        Record storage record = _records[index];
        record.account = msg.sender;
        record.capacityKbps = capacityKbps;
        _storeKey(record, key);
        if (beforeStart) {
            (record.place, record.position) = (Place.Member, uint8(_members.length));
            _members.push(index);
        } else {
            record.place = Place.Waiting;
            _wait(index, bond);
        }
        emit Registered(index, msg.sender, blsKey, capacityKbps);
        vault.bond(msg.sender, bond, withdrawalAddress);
    }

    /// @inheritdoc IVerifierRegistry
    function announce(string calldata peerId, string[] calldata multiaddrs) external {
        uint32 index = _registered(msg.sender);
        // A verifier that asked to leave serves until a freeze leaves it out.
        if (_records[index].place == Place.Left) revert AlreadyLeft(msg.sender);
        Announcements.check(peerId, multiaddrs);
        emit Announced(index, msg.sender, peerId, multiaddrs);
    }

    /// @inheritdoc IVerifierRegistry
    function setCapacity(uint32 capacityKbps) external {
        uint32 index = _registered(msg.sender);
        Record storage record = _records[index];
        if (record.place == Place.Left) revert AlreadyLeft(msg.sender);
        record.capacityKbps = capacityKbps;
        emit CapacityChanged(index, msg.sender, capacityKbps);
    }

    /// @inheritdoc IVerifierRegistry
    function topUp() external returns (uint256 bonded) {
        (uint32 index, Record storage record) = _staying(msg.sender);
        bonded = vault.bond(msg.sender, 0, address(0)); // zero: the withdrawal address stays as registered
        if (record.place == Place.Waiting) _waiting.raise(vault.activeStake(address(this), msg.sender), index);
        emit ToppedUp(index, msg.sender, bonded);
    }

    /// @inheritdoc IVerifierRegistry
    function exit() external {
        (uint32 index, Record storage record) = _staying(msg.sender);
        emit ExitRequested(index, msg.sender);
        _leave(index, record);
    }

    // ------------------------------------------------------------------ the equivocation slasher

    /// @inheritdoc IVerifierRegistry
    function expel(uint32 index) external {
        if (msg.sender != equivocationSlasher) revert NotEquivocationSlasher(msg.sender);
        Record storage record = _records[index];
        if (record.account == address(0)) revert UnknownVerifier(index);
        emit Expelled(index, record.account);
        if (record.exitingSince == 0) _leave(index, record);
    }

    // ------------------------------------------------------------------ anyone

    /// @inheritdoc IVerifierRegistry
    function start() external {
        if (genesis() != 0) revert AlreadyStarted(genesis());
        if (_members.length < minimumVerifiers) revert TooFewVerifiers(_members.length, minimumVerifiers);
        uint64 time = uint64(block.timestamp) + startDelay;
        emit Started(time);
        _freezeFirst(time);
    }

    /// @inheritdoc IVerifierRegistry
    function freeze(uint64 era) external {
        uint64 time = genesis();
        if (time == 0) revert NotStarted();
        if (isFrozen(era)) revert AlreadyFrozen(era);
        uint64 due = _dueEpoch(era);
        uint64 current = EpochClock.epochAt(time, epochSeconds, block.timestamp);
        if (due == 0 || current != due) revert FreezeNotDue(era, current, due);
        Plan memory plan = _plan(era);
        if (!_changes(plan)) revert NothingChanged(era);
        _freeze(era, plan);
    }

    // ------------------------------------------------------------------ views: the clock and the sets

    /// @inheritdoc IVerifierRegistry
    function freezeDue(uint64 era) public view returns (bool) {
        uint64 due = _dueEpoch(era);
        return due != 0 && _epochNow() == due && !isFrozen(era) && _changes(_plan(era));
    }

    /// @inheritdoc IVerifierRegistry
    function isSetKnown(uint64 era) external view returns (bool) {
        uint64 current = _epochNow();
        if (isFrozen(era)) return true;
        return era != 0 && current != 0 && current >= _dueEpoch(era) && !freezeDue(era);
    }

    /// @inheritdoc IVerifierRegistry
    function certificateSet(uint64 era) external view returns (address snapshot, uint64 genesisTime) {
        return _inForce(era);
    }

    /// @inheritdoc IVerifierRegistry
    function setSize(uint64 era) public view returns (uint256) {
        (address snapshot, ) = _inForce(era);
        return snapshot.sizeOf();
    }

    /// @inheritdoc IVerifierRegistry
    function memberAt(
        uint64 era,
        uint256 position
    ) public view returns (uint32 index, address account, Bls12381.G1 memory key, uint256 size) {
        (address snapshot, ) = _inForce(era);
        size = snapshot.sizeOf();
        if (position >= size) revert NoSuchPosition(era, position, size);
        (index, key) = snapshot.memberAt(position);
        account = _records[index].account;
    }

    /// @inheritdoc IVerifierRegistry
    function frozenSet(uint64 era) external view returns (Verifier[] memory set) {
        set = new Verifier[](setSize(era));
        for (uint256 i = 0; i < set.length; i++) {
            (uint32 index, , , ) = memberAt(era, i);
            set[i] = _verifier(index);
        }
    }

    // ------------------------------------------------------------------ views: verifiers

    /// @inheritdoc IVerifierRegistry
    function stayingCount() external view returns (uint32) {
        return uint32(_members.length - Bits.count(_leaving & ~NOBODY) + _waiting.entries.length);
    }

    /// @inheritdoc IVerifierRegistry
    function isVerifier(address account) external view returns (bool) {
        Place place = _records[_indexOf[account]].place;
        return place == Place.Waiting || place == Place.Member;
    }

    /// @inheritdoc IVerifierRegistry
    function verifierOf(address account) external view returns (Verifier memory) {
        return _verifier(_registered(account));
    }

    // ------------------------------------------------------------------ joining and leaving

    /// @dev Puts a verifier on the waiting list. The one that it displaces may register again.
    function _wait(uint32 index, uint256 bond) private {
        (uint32 displaced, uint256 lowest) = _waiting.add(bond, index);
        if (lowest != 0) revert SetFull(bond, lowest);
        if (displaced == 0) return;
        _leaveOut(displaced, 0);
        Record storage record = _records[displaced];
        delete _keyTaken[Possession.hashOf(_loadKey(record))];
        delete _indexOf[record.account];
    }

    /// @dev Takes a verifier out: a member of a frozen set at the next freeze, any other now.
    function _leave(uint32 index, Record storage record) private {
        record.exitingSince = uint40(block.timestamp);
        Place place = record.place;
        uint8 position = record.position;
        if (place == Place.Waiting) {
            _waiting.remove(index);
            _leaveOut(index, 0);
        } else if (place == Place.Member && genesis() != 0) {
            _leaving |= 1 << position;
        } else if (place == Place.Member) {
            uint32 last = _members[_members.length - 1];
            (_members[position], _records[last].position) = (last, position);
            _members.pop();
            _leaveOut(index, 0);
        }
    }

    // ------------------------------------------------------------------ the clock

    /// @dev The current epoch, or zero before genesis.
    function _epochNow() private view returns (uint64) {
        uint64 time = genesis();
        return time == 0 ? 0 : EpochClock.epochAt(time, epochSeconds, block.timestamp);
    }

    /// @dev The only epoch in which an era can be frozen, or zero if there is none.
    function _dueEpoch(uint64 era) private view returns (uint64) {
        return era == 0 ? 0 : EpochClock.freezeEpochOf(eraEpochs, era);
    }

    // ------------------------------------------------------------------ records

    /// @dev The index of a registered account. Reverts with `NotRegistered`.
    function _registered(address account) private view returns (uint32 index) {
        index = _indexOf[account];
        if (index == 0) revert NotRegistered(account);
    }

    /// @dev A registered account that stays. Reverts with `NotRegistered`, `AlreadyExiting` or `AlreadyLeft`.
    function _staying(address account) private view returns (uint32 index, Record storage record) {
        index = _registered(account);
        record = _records[index];
        if (record.exitingSince != 0) revert AlreadyExiting(account, record.exitingSince);
        if (record.place == Place.Left) revert AlreadyLeft(account);
    }

    /// @dev The verifier with this index, with its key in EIP-2537 encoding.
    function _verifier(uint32 index) private view returns (Verifier memory) {
        Record storage record = _records[index];
        Bls12381.G1 memory key = _loadKey(record);
        return
            Verifier(
                index,
                record.account,
                record.capacityKbps,
                record.exitingSince,
                abi.encodePacked(key.xHi, key.xLo, key.yHi, key.yLo)
            );
    }
}
