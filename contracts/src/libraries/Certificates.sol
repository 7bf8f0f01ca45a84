// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IEpochReports} from "../interfaces/IEpochReports.sol";
import {Bls12381} from "./Bls12381.sol";
import {KeySnapshot} from "./KeySnapshot.sol";

/// @notice Checks certificates: aggregate signatures of more than two thirds of a frozen set.
/// @dev Every key of a set has a proof of possession. So nobody can add a key that cancels the key of another verifier,
///      and a certificate shows that each verifier outside the list of non-signers did sign.
library Certificates {
    using Bls12381 for Bls12381.G1;
    using KeySnapshot for address;

    /// @notice Who signed, if all but the non-signers did.
    /// @dev Reverts with the errors of `IEpochReports` if the non-signers are not valid or too many, or if the sum of the
    ///      keys is the point at infinity.
    /// @param snapshot The head of the key snapshot of the set
    /// @param size The number of verifiers of the set
    /// @param aggregate The sum of their keys; changed in place
    /// @param nonSigners The positions in the set of the verifiers that did not sign, strictly ascending
    /// @return key The sum of the signers' keys: the aggregate key of the set minus the keys of the non-signers
    /// @return signers One bit for each position of a signer
    function signersOf(
        address snapshot,
        uint256 size,
        Bls12381.G1 memory aggregate,
        uint32[] calldata nonSigners
    ) internal view returns (Bls12381.G1 memory key, uint256 signers) {
        key = aggregate;
        signers = (1 << size) - 1;
        uint32 previous;
        for (uint256 i = 0; i < nonSigners.length; ++i) {
            uint32 position = nonSigners[i];
            if (position >= size) revert IEpochReports.NonSignerOutOfRange(position, size);
            if (position <= previous && i > 0) revert IEpochReports.NonSignersNotAscending(position, previous);
            previous = position;
            signers ^= 1 << position;
        }
        uint256 count = size - nonSigners.length;
        if (count * 3 <= size * 2) revert IEpochReports.TooFewSigners(count, size);
        if (nonSigners.length > 0) {
            key.addInto(snapshot.sumOf(nonSigners).negate());
        }
        if (key.isInfinity()) revert IEpochReports.InfinityAggregate();
    }

    /// @notice Tells whether the signature is the key's signature over the digest.
    /// @dev Reverts with the errors of `IEpochReports` if the length is wrong or the signature is the point at infinity.
    /// @param key The sum of the signers' keys
    /// @param digest The report digest
    /// @param signature The aggregate signature: 256 bytes, a G2 point in EIP-2537 encoding
    /// @return False if the signature is malformed, or not the signers' signature over the digest
    function isSigned(Bls12381.G1 memory key, bytes32 digest, bytes calldata signature) internal view returns (bool) {
        if (signature.length != Bls12381.G2_BYTES) revert IEpochReports.WrongSignatureLength(signature.length);
        Bls12381.G2 memory point = Bls12381.g2(signature);
        if (Bls12381.isInfinity(point)) revert IEpochReports.InfinitySignature();
        return Bls12381.verify(key, digest, point);
    }
}
