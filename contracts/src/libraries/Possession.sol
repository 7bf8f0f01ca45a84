// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IVerifierRegistry} from "../interfaces/IVerifierRegistry.sol";
import {Bls12381} from "./Bls12381.sol";
import {Digests} from "./Digests.sol";

/// @notice Checks that the caller holds the secret of the BLS key that it registers.
library Possession {
    using Bls12381 for Bls12381.G1;

    /// @notice Decodes the key and checks the proof of possession. Reverts if either does not hold.
    /// @param blsKey The key: 128 bytes, a G1 point in EIP-2537 encoding
    /// @param proof The key's signature over the digest of this registry and the caller: 256 bytes, a G2 point
    /// @return key The key
    function prove(bytes calldata blsKey, bytes calldata proof) internal view returns (Bls12381.G1 memory key) {
        if (blsKey.length != Bls12381.G1_BYTES) revert IVerifierRegistry.WrongKeyLength(blsKey.length);
        if (proof.length != Bls12381.G2_BYTES) revert IVerifierRegistry.WrongSignatureLength(proof.length);
        key = Bls12381.g1(blsKey);
        Bls12381.G2 memory signature = Bls12381.g2(proof);
        if (key.isInfinity()) revert IVerifierRegistry.InfinityKey();
        if (Bls12381.isInfinity(signature)) revert IVerifierRegistry.InfinityProof();
        bytes32 digest = Digests.proofOfPossession(block.chainid, address(this), msg.sender, blsKey);
        if (!Bls12381.verify(key, digest, signature)) revert IVerifierRegistry.InvalidProofOfPossession(msg.sender);
    }

    /// @notice The hash under which a key is taken. It covers the first coordinate only, so a key and its negative share
    ///         it: whoever had both would count as two signers although their signatures cancel out.
    /// @param key The key
    /// @return The hash
    function hashOf(Bls12381.G1 memory key) internal pure returns (bytes32) {
        return keccak256(abi.encode(key.xHi, key.xLo));
    }
}
