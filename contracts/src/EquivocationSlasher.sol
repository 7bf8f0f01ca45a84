// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IEpochReports} from "./interfaces/IEpochReports.sol";
import {IEquivocationSlasher} from "./interfaces/IEquivocationSlasher.sol";
import {IStakeVault} from "./interfaces/IStakeVault.sol";
import {IVerifierRegistry} from "./interfaces/IVerifierRegistry.sol";
import {Bits} from "./libraries/Bits.sol";
import {Bls12381} from "./libraries/Bls12381.sol";
import {Certificates} from "./libraries/Certificates.sol";
import {Digests} from "./libraries/Digests.sol";
import {EpochClock} from "./libraries/EpochClock.sol";
import {KeySnapshot} from "./libraries/KeySnapshot.sol";
import {WeekStarts} from "./libraries/WeekStarts.sol";

/// @notice Slashes verifiers that equivocate, by evidence that anybody can bring.
/// @dev Order never changes sums. What a verifier keeps follows from its bond at the start of the week in which the era
///      begins, and from the set of convicted positions of the era. A set has no order. Verifiers of one era are counted
///      together because contradicting certificates need a third of one frozen set in one epoch.
contract EquivocationSlasher is IEquivocationSlasher {
    using KeySnapshot for address;

    /// @notice The penalty of an equivocation apart from the share, in basis points of the bond.
    uint16 public constant BASE_BPS = 500;
    /// @notice The bounty, in basis points of the charge. Far less than the loss, so that nobody gains by convicting
    ///         itself through another account.
    uint16 public constant BOUNTY_BPS = 500;
    uint16 private constant FULL_BPS = 10_000;
    uint256 private constant SHARE_FACTOR = 3;
    /// @dev The epochs in which the statements of an epoch are signed: the epoch itself and the next one.
    uint64 private constant SIGNING_EPOCHS = 2;
    /// @dev The vault knows the bonds at the start of a week for this long.
    uint64 private constant BOND_KNOWN_SECONDS = 14 days;
    /// @dev In the word of an era, bit i tells whether the verifier at position i is convicted. A frozen set holds at most
    ///      191 verifiers, so bit 191 is free: it is always set, and the word is never zero. The era stands above.
    uint256 private constant ERA_SHIFT = 192;
    uint256 private constant ALWAYS_SET = 1 << 191;
    uint256 private constant POSITIONS = ALWAYS_SET - 1;

    /// @notice The vault that holds the bonds.
    IStakeVault public immutable vault;
    /// @notice The contract that holds the reports; digests name its address.
    address public immutable reports;
    /// @notice The registry that holds the frozen sets and keeps the clock: the role of the bonds.
    IVerifierRegistry public immutable registry;
    /// @notice The evidence period, in seconds.
    uint64 public immutable evidenceSeconds;
    uint64 private immutable _epochSeconds;
    uint64 private immutable _eraEpochs;

    /// @dev The number of eras that can have evidence at one time, and one more.
    uint256 private immutable _keptEras;

    /// @dev The words of the last eras, by era modulo their number.
    mapping(uint256 place => uint256) private _words;

    /// @notice Reverts with `UnbondingTooShort` if a bond could leave before the evidence against it, with
    ///         `EvidenceTooLong` if the vault would no longer know the bond, and with `PrecompileUnusable` on a chain
    ///         without the EIP-2537 precompiles.
    /// @param vault_ The vault that holds the bonds
    /// @param reports_ The contract that holds the reports
    /// @param registry_ The registry that holds the frozen sets and keeps the clock
    /// @param evidenceSeconds_ The evidence period, in seconds
    constructor(IStakeVault vault_, address reports_, IVerifierRegistry registry_, uint64 evidenceSeconds_) {
        Bls12381.requirePrecompiles();
        vault = vault_;
        reports = reports_;
        registry = registry_;
        evidenceSeconds = evidenceSeconds_;
        _epochSeconds = registry_.epochSeconds();
        _eraEpochs = registry_.eraEpochs();
        // A freeze in the last epoch of an era starts the unbonding of a verifier that still signs that epoch's report.
        uint64 needed = evidenceSeconds_ + SIGNING_EPOCHS * _epochSeconds;
        if (vault_.unbondingSeconds() <= needed) revert UnbondingTooShort(vault_.unbondingSeconds(), needed);
        uint64 eraSeconds = _eraEpochs * _epochSeconds;
        if (needed + eraSeconds > BOND_KNOWN_SECONDS) revert EvidenceTooLong(needed + eraSeconds, BOND_KNOWN_SECONDS);
        uint256 keptEras = needed / eraSeconds + 2;
        _keptEras = keptEras;
        for (uint256 i = 0; i < keptEras; ++i) {
            _words[i] = ALWAYS_SET;
        }
    }

    // ------------------------------------------------------------------ evidence

    /// @inheritdoc IEquivocationSlasher
    function slashEquivocation(
        Equivocation calldata evidence,
        bytes calldata signature
    ) external returns (uint256 charged) {
        if (evidence.first == evidence.second) revert SameStatement(evidence.first);
        (uint64 era, uint32 position) = (evidence.era, evidence.position);
        uint64 genesis = _checkTime(era, evidence.epoch);
        (uint32 index, address account, Bls12381.G1 memory key, uint256 size) = registry.memberAt(era, position);
        if (evidence.kind != Kind.Report && evidence.slot != index) revert WrongSlot(evidence.slot, index);
        (, uint256 convicted) = _convict(era, 1 << position);
        _checkSum(evidence, key, index, signature);
        emit Equivocated(era, index, account, evidence.epoch, evidence.kind, msg.sender);
        registry.expel(index);
        return _charge(_startOf(era, genesis), account, _penaltyBps(size, convicted));
    }

    /// @inheritdoc IEquivocationSlasher
    function slashCertificates(
        IEpochReports.Header calldata first,
        IEpochReports.Header calldata second,
        uint32 round,
        uint32[][2] calldata nonSigners,
        bytes[2] calldata signatures
    ) external returns (uint256 charged) {
        (uint64 era, uint64 epoch) = (first.era, first.epoch);
        uint64 start = _startOf(era, _checkTime(era, epoch));
        if (second.epoch != epoch) revert DifferentEpochs(epoch, second.epoch);
        (bytes32 hash, uint256 both) = _certified(first, era, round, nonSigners[0], signatures[0]);
        (bytes32 other, uint256 signers) = _certified(second, era, round, nonSigners[1], signatures[1]);
        if (other == hash) revert SameStatement(hash);
        (uint256 added, uint256 convicted) = _convict(era, both & signers);
        uint16 penaltyBps = _penaltyBps(registry.setSize(era), convicted);
        for (uint256 position = 0; added >> position != 0; ++position) {
            if ((added >> position) & 1 == 0) continue;
            (uint32 index, address account, , ) = registry.memberAt(era, position);
            emit Equivocated(era, index, account, epoch, Kind.Report, msg.sender);
            registry.expel(index);
            charged += _charge(start, account, penaltyBps);
        }
    }

    /// @inheritdoc IEquivocationSlasher
    function collect(uint64 era, uint32 position) external returns (uint256 charged) {
        if (!isProven(era, position)) revert NotProven(era, position);
        (uint32 index, address account, , ) = registry.memberAt(era, position);
        charged = _charge(_startOf(era, registry.genesis()), account, penaltyBpsOf(era));
        if (charged == 0) revert NothingToCharge(index);
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc IEquivocationSlasher
    function isProven(uint64 era, uint32 position) public view returns (bool) {
        return position < ERA_SHIFT && (_convictedIn(era) >> position) & 1 != 0;
    }

    /// @inheritdoc IEquivocationSlasher
    function penaltyBpsOf(uint64 era) public view returns (uint16) {
        uint256 convicted = _convictedIn(era);
        return convicted == 0 ? 0 : _penaltyBps(registry.setSize(era), convicted);
    }

    /// @inheritdoc IEquivocationSlasher
    function owedFor(uint64 era, uint32 position) external view returns (uint256) {
        if (!isProven(era, position)) return 0;
        (, address account, , ) = registry.memberAt(era, position);
        return _owed(_startOf(era, registry.genesis()), account, penaltyBpsOf(era));
    }

    // ------------------------------------------------------------------ checks

    /// @dev Reverts unless the era contains the epoch, and the epoch has begun and is within its evidence period. So the
    ///      set of the era is frozen, and bonds of its members are still in the vault. Returns the start of epoch 1.
    function _checkTime(uint64 era, uint64 epoch) private view returns (uint64 genesis) {
        genesis = registry.genesis();
        uint64 current = genesis == 0 ? 0 : EpochClock.epochAt(genesis, _epochSeconds, block.timestamp);
        if (epoch == 0 || epoch > current) revert NotYet(epoch, current);
        uint64 until = EpochClock.startOf(genesis, _epochSeconds, epoch + SIGNING_EPOCHS) + evidenceSeconds;
        if (block.timestamp >= until) revert TooOld(epoch, until);
        uint64 expected = EpochClock.eraOf(_eraEpochs, epoch);
        if (era != expected) revert WrongEra(era, expected);
    }

    /// @dev Reverts unless the signature is the sum of the key's signatures over both statements.
    function _checkSum(
        Equivocation calldata evidence,
        Bls12381.G1 memory key,
        uint32 index,
        bytes calldata signature
    ) private view {
        if (signature.length != Bls12381.G2_BYTES) revert WrongSignatureLength(signature.length);
        Bls12381.G2 memory sum = Bls12381.g2(signature);
        if (Bls12381.isInfinity(sum)) revert InfinitySignature();
        bytes32 first = _digestOf(evidence, evidence.first);
        bytes32 second = _digestOf(evidence, evidence.second);
        if (!Bls12381.verifySum(key, first, second, sum)) revert NotSignedByBoth(index);
    }

    function _digestOf(Equivocation calldata evidence, bytes32 value) private view returns (bytes32) {
        (uint64 era, uint64 epoch, uint32 slot) = (evidence.era, evidence.epoch, evidence.slot);
        return Digests.statement(_domainOf(evidence.kind), block.chainid, reports, era, epoch, slot, value);
    }

    function _domainOf(Kind kind) private pure returns (bytes32) {
        if (kind == Kind.Commit) return Digests.DOMAIN_COMMIT;
        if (kind == Kind.Ballot) return Digests.DOMAIN_BALLOT;
        return kind == Kind.Seen ? Digests.DOMAIN_SEEN : Digests.DOMAIN_REPORT;
    }

    /// @dev The hash of a header, and one bit for each position of a signer. Reverts unless the certificate holds.
    function _certified(
        IEpochReports.Header calldata header,
        uint64 era,
        uint32 round,
        uint32[] calldata nonSigners,
        bytes calldata signature
    ) private view returns (bytes32 hash, uint256 signers) {
        (address snapshot, ) = registry.certificateSet(era);
        hash = Digests.headerHash(block.chainid, reports, header);
        bytes32 digest = Digests.report(block.chainid, reports, era, header.epoch, round, hash);
        (uint256 size, Bls12381.G1 memory key) = snapshot.sumOfAll();
        (key, signers) = Certificates.signersOf(snapshot, size, key, nonSigners);
        if (!Certificates.isSigned(key, digest, signature)) revert InvalidCertificate(hash);
    }

    // ------------------------------------------------------------------ penalties

    /// @dev The convicted positions of an era, as bits; none if the era is so old that another era has taken its word.
    function _convictedIn(uint64 era) private view returns (uint256) {
        uint256 word = _words[era % _keptEras];
        return word >> ERA_SHIFT == era ? word & POSITIONS : 0;
    }

    /// @dev The penalty in an era of which these positions are convicted, in basis points of the bond.
    /// @param size The number of verifiers in the era's set
    function _penaltyBps(uint256 size, uint256 convicted) private pure returns (uint16) {
        uint256 share = (SHARE_FACTOR * FULL_BPS * Bits.count(convicted)) / size;
        return uint16(Math.min(BASE_BPS + share, FULL_BPS));
    }

    /// @dev Convicts the verifiers at these positions. Returns those of them that were not convicted in the era before,
    ///      and all that are now. Reverts with `AlreadyProven` if there are no new ones.
    function _convict(uint64 era, uint256 positions) private returns (uint256 added, uint256 convicted) {
        uint256 known = _convictedIn(era);
        added = positions & ~known;
        if (added == 0) revert AlreadyProven(era);
        convicted = known | added;
        _words[era % _keptEras] = (uint256(era) << ERA_SHIFT) | ALWAYS_SET | convicted;
    }

    /// @dev The start of an era, in unix seconds.
    function _startOf(uint64 era, uint64 genesis) private view returns (uint64) {
        return EpochClock.startOf(genesis, _epochSeconds, (era - 1) * _eraEpochs + 1);
    }

    /// @dev What a verifier must still lose for the era that starts at `start`. A verifier that is convicted in two eras
    ///      keeps the lower of what both leave.
    function _owed(uint64 start, address account, uint16 penaltyBps) private view returns (uint256) {
        uint64 week = WeekStarts.weekOf(start);
        (uint256 bond, uint256 left) = vault.slashableAtStartOf(week, address(registry), account);
        uint256 kept = bond - (bond * penaltyBps) / FULL_BPS;
        return left > kept ? left - kept : 0;
    }

    /// @dev Takes what a verifier must still lose. The verifier itself gets no bounty for it.
    function _charge(uint64 start, address account, uint16 penaltyBps) private returns (uint256 charged) {
        address role = address(registry);
        uint256 owed = _owed(start, account, penaltyBps);
        if (owed == 0) return 0;
        bool isOwn = msg.sender == account || msg.sender == vault.withdrawalAddressOf(role, account);
        (charged, ) = vault.slash(role, account, owed, isOwn ? 0 : (owed * BOUNTY_BPS) / FULL_BPS, msg.sender);
    }
}
