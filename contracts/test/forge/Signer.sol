// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Bls12381} from "../../src/libraries/Bls12381.sol";
import {check} from "./Cheats.sol";

/// @notice Makes BLS keys and signatures with the precompiles for scalar multiplication. The signature of a sum of
///         secrets is the aggregate of the secrets' signatures.
library Signer {
    address private constant G1_MSM = address(0x0c);
    address private constant G2_MSM = address(0x0e);

    function publicKey(uint256 secret) internal view returns (bytes memory) {
        Bls12381.G1 memory g = Bls12381.negate(Bls12381.negatedGenerator());
        return _call(G1_MSM, abi.encodePacked(g.xHi, g.xLo, g.yHi, g.yLo, secret));
    }

    function sign(uint256 secret, bytes32 digest) internal view returns (bytes memory) {
        Bls12381.G2 memory h = Bls12381.hashToG2(digest);
        bytes memory point = abi.encodePacked(h.x0Hi, h.x0Lo, h.x1Hi, h.x1Lo, h.y0Hi, h.y0Lo, h.y1Hi, h.y1Lo);
        return _call(G2_MSM, abi.encodePacked(point, secret));
    }

    function _call(address precompile, bytes memory input) private view returns (bytes memory) {
        (bool done, bytes memory output) = precompile.staticcall(input);
        check(done, "scalar multiplication failed");
        return output;
    }
}
