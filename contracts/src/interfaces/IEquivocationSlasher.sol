// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IEpochReports} from "./IEpochReports.sol";

/// @notice Slashes verifiers that equivocate: that sign two different statements where only one is allowed. Anyone can
///         bring the evidence, and every fact of it is checked on chain.
/// @dev A verifier signs one commit, one ballot and one seen list per epoch, and one report per agreement round. Reports
///      of different rounds are no equivocation, and neither is the same statement signed twice.
///
///      The penalty is 5 % of the bond, plus three times the share of the frozen set that equivocated in the era, at most
///      the whole bond. So one faulty machine does not lose everything, and a captured third does. The bond is that at the
///      start of the fixed week in which the era begins. The penalty depends on the set of proven equivocations alone:
///      `collect` collects what later evidence adds, in any order. The vault's `Slashed` events tell the amounts.
interface IEquivocationSlasher {
    /// @notice The kinds of statements.
    /// @dev The order is the order of `STATEMENT_KINDS` in proto/equivocation.ts.
    enum Kind {
        Commit,
        Ballot,
        Seen,
        Report
    }

    /// @notice Two statements of one verifier that contradict each other.
    /// @dev The field order is the order of `EQUIVOCATION_FIELDS` in proto/equivocation.ts.
    struct Equivocation {
        /// @notice The kind of both statements
        Kind kind;
        /// @notice The era of the epoch
        uint64 era;
        /// @notice The epoch of both statements
        uint64 epoch;
        /// @notice The agreement round of two reports; the verifier's registry index for the other kinds
        uint32 slot;
        /// @notice The verifier's position in the frozen set of the era
        uint32 position;
        /// @notice The commitment, ballot root, hash of the seen list or hash of the header that one statement names
        bytes32 first;
        /// @notice The same of the other statement
        bytes32 second;
    }

    // ------------------------------------------------------------------ events

    /// @notice Emitted when it is proven, for the first time in an era, that a verifier equivocated.
    /// @param era The era
    /// @param index The registry index of the verifier
    /// @param account The account of the verifier
    /// @param epoch The epoch of the statements
    /// @param kind The kind of the statements
    /// @param reporter The account that brought the evidence
    event Equivocated(
        uint64 indexed era,
        uint32 indexed index,
        address indexed account,
        uint64 epoch,
        Kind kind,
        address reporter
    );

    // ------------------------------------------------------------------ errors

    /// @notice Thrown at deployment if a bond could leave before the evidence against it.
    /// @param unbonding The unbonding time, in seconds
    /// @param needed The time that it must exceed, in seconds
    error UnbondingTooShort(uint64 unbonding, uint64 needed);

    /// @notice Thrown at deployment if the vault would forget a bond before the evidence against it.
    /// @param needed The time from the start of an era to the end of its evidence, in seconds
    /// @param maximum The longest such time, in seconds
    error EvidenceTooLong(uint64 needed, uint64 maximum);

    /// @notice Thrown if both statements are the same. A verifier may sign one statement any number of times.
    /// @param value The value that both name
    error SameStatement(bytes32 value);

    /// @notice Thrown if the epoch has not begun. Bring the evidence later.
    /// @param epoch The epoch of the evidence
    /// @param current The current epoch, or zero before genesis
    error NotYet(uint64 epoch, uint64 current);

    /// @notice Thrown if the evidence period of the epoch is over.
    /// @param epoch The epoch of the evidence
    /// @param until The end of the evidence period, in unix seconds
    error TooOld(uint64 epoch, uint64 until);

    /// @notice Thrown if the era does not contain the epoch.
    /// @param era The era of the evidence
    /// @param expected The era that contains the epoch
    error WrongEra(uint64 era, uint64 expected);

    /// @notice Thrown if a statement other than a report names another verifier than the one at the position.
    /// @param slot The slot of the evidence
    /// @param index The registry index of the verifier at the position
    error WrongSlot(uint32 slot, uint32 index);

    /// @notice Thrown if the signature is not 256 bytes long.
    /// @param length The length of the signature, in bytes
    error WrongSignatureLength(uint256 length);

    /// @notice Thrown if the signature is the point at infinity.
    error InfinitySignature();

    /// @notice Thrown if the signature is malformed, or is not the sum of the verifier's signatures over both statements.
    /// @param index The registry index of the verifier
    error NotSignedByBoth(uint32 index);

    /// @notice Thrown if two certificates report different epochs.
    /// @param first The epoch of the first header
    /// @param second The epoch of the second header
    error DifferentEpochs(uint64 first, uint64 second);

    /// @notice Thrown if a certificate is malformed, or its signers did not sign its header in the round.
    /// @param headerHash The hash of the header
    error InvalidCertificate(bytes32 headerHash);

    /// @notice Thrown if the equivocations in the era of every verifier that the evidence convicts are proven already.
    /// @param era The era
    error AlreadyProven(uint64 era);

    /// @notice Thrown by `collect` if no equivocation of the verifier at the position is proven.
    /// @param era The era
    /// @param position The position
    error NotProven(uint64 era, uint32 position);

    /// @notice Thrown by `collect` if the verifier has lost all that it must lose by the evidence so far.
    /// @param index The registry index of the verifier
    error NothingToCharge(uint32 index);

    // ------------------------------------------------------------------ evidence

    /// @notice Slashes and expels a verifier that signed two contradicting statements. Anyone may call. The caller
    ///         receives 5 % of the charge, except if it is the verifier or its withdrawal address.
    /// @dev The evidence is the sum of both signatures. Only the verifier can make the sum: see docs/contracts.md.
    ///      Reverts with `SameStatement`, `NotYet`, `TooOld`, `WrongEra`, `IVerifierRegistry.NoSuchPosition`, `WrongSlot`,
    ///      `AlreadyProven`, `WrongSignatureLength`, `InfinitySignature` or `NotSignedByBoth`.
    /// @param evidence The two statements
    /// @param signature The sum of the two signatures: 256 bytes, a G2 point in EIP-2537 encoding
    /// @return charged The tokens that the verifier lost, in wei
    function slashEquivocation(
        Equivocation calldata evidence,
        bytes calldata signature
    ) external returns (uint256 charged);

    /// @notice Slashes and expels every verifier that signed both of two certificates of one round for different
    ///         headers. Anyone may call, for the same bounty.
    /// @dev More than a third of the set signed both, because each certificate needs more than two thirds. Reverts with
    ///      `NotYet`, `TooOld`, `WrongEra`, `DifferentEpochs`, `SameStatement`, `InvalidCertificate` or `AlreadyProven`,
    ///      and with the errors of `IEpochReports.post` for a malformed certificate.
    /// @param first The header of one certificate
    /// @param second The header of the other certificate
    /// @param round The agreement round of both
    /// @param nonSigners For each certificate, the positions of the verifiers that did not sign, strictly ascending
    /// @param signatures For each certificate, the aggregate signature: 256 bytes, a G2 point in EIP-2537 encoding
    /// @return charged The tokens that the verifiers lost, in wei
    function slashCertificates(
        IEpochReports.Header calldata first,
        IEpochReports.Header calldata second,
        uint32 round,
        uint32[][2] calldata nonSigners,
        bytes[2] calldata signatures
    ) external returns (uint256 charged);

    /// @notice Charges what a proven equivocation costs more since further verifiers were convicted. Anyone may call, for
    ///         the same bounty.
    /// @dev Reverts with `NotProven` or `NothingToCharge`, and with `WeekStarts.WeekTooOld` two weeks after the era.
    /// @param era The era of the equivocation
    /// @param position The verifier's position in the frozen set of the era
    /// @return charged The tokens that the verifier lost, in wei
    function collect(uint64 era, uint32 position) external returns (uint256 charged);

    // ------------------------------------------------------------------ views

    /// @notice Tells whether an equivocation in an era is proven. Eras long past are forgotten.
    /// @param era The era
    /// @param position The verifier's position in the frozen set of the era
    /// @return True if it is proven
    function isProven(uint64 era, uint32 position) external view returns (bool);

    /// @notice The penalty for an equivocation in an era by the evidence so far.
    /// @param era The era
    /// @return The penalty in basis points of the bond, or zero if no equivocation in the era is proven
    function penaltyBpsOf(uint64 era) external view returns (uint16);

    /// @notice What a verifier must still lose for an equivocation by the evidence so far: what `collect` would charge.
    /// @param era The era
    /// @param position The verifier's position in the frozen set of the era
    /// @return The tokens in wei
    function owedFor(uint64 era, uint32 position) external view returns (uint256);
}
