// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IEpochReports} from "../../src/interfaces/IEpochReports.sol";
import {CHEATS, check} from "./Cheats.sol";
import {Network} from "./Network.sol";

/// @notice Checks which certificates count, over all subsets of signers and all changes to the signed content.
contract CertificatesTest {
    Network private network;

    function setUp() public {
        network = new Network();
        network.start();
    }

    /// @notice A certificate counts exactly if more than two thirds signed.
    function testFuzzQuorum(uint256 missing, uint32 round) public {
        uint256 size = network.VERIFIERS();
        missing %= 1 << size;
        CHEATS.assume(missing != (1 << size) - 1); // without signers the signature is the point at infinity
        IEpochReports.Header memory header = network.finish(keccak256("root"));
        (bytes memory signature, uint32[] memory nonSigners) = network.certify(header, round, missing);
        IEpochReports reports = network.reports();
        bool enough = (size - nonSigners.length) * 3 > size * 2;
        if (!enough) CHEATS.expectPartialRevert(IEpochReports.TooFewSigners.selector);
        reports.post(header, round, nonSigners, signature);
        check(reports.lastEpoch() == (enough ? 1 : 0), "accepted exactly if more than two thirds signed");
    }

    /// @notice A certificate does not count if it names other signers than the real ones.
    function testFuzzOtherSigners(uint256 missing, uint256 claimed) public {
        uint256 size = network.VERIFIERS();
        missing %= 1 << size;
        claimed %= 1 << size;
        CHEATS.assume(missing != claimed && _count(missing) <= 2 && _count(claimed) <= 2);
        CHEATS.assume(_secrets(missing) != _secrets(claimed)); // equal sums such as 1 + 4 = 2 + 3 give equal keys
        IEpochReports.Header memory header = network.finish(keccak256("root"));
        (bytes memory signature, ) = network.certify(header, 0, missing);
        (, uint32[] memory nonSigners) = network.certify(header, 0, claimed);
        IEpochReports reports = network.reports();
        CHEATS.expectPartialRevert(IEpochReports.InvalidCertificate.selector);
        reports.post(header, 0, nonSigners, signature);
    }

    /// @notice A certificate does not count if a field that only the signature protects has changed.
    function testFuzzChangedHeader(uint8 field, bytes32 value) public {
        IEpochReports.Header memory header = network.finish(keccak256("root"));
        (bytes memory signature, uint32[] memory nonSigners) = network.certify(header, 0, 0);
        bytes32 before = keccak256(abi.encode(header));
        if (field % 5 == 0) header.scoreRoot = value;
        if (field % 5 == 1) header.ballotSetRoot = value;
        if (field % 5 == 2) header.rewardsRoot = value;
        if (field % 5 == 3) header.providerCount = uint32(uint256(value));
        if (field % 5 == 4) header.commonFailure = !header.commonFailure;
        CHEATS.assume(keccak256(abi.encode(header)) != before);
        IEpochReports reports = network.reports();
        CHEATS.expectPartialRevert(IEpochReports.InvalidCertificate.selector);
        reports.post(header, 0, nonSigners, signature);
    }

    /// @notice A certificate of one round does not count for another round.
    function testFuzzChangedRound(uint32 signed, uint32 claimed) public {
        CHEATS.assume(signed != claimed);
        IEpochReports.Header memory header = network.finish(keccak256("root"));
        (bytes memory signature, uint32[] memory nonSigners) = network.certify(header, signed, 0);
        IEpochReports reports = network.reports();
        CHEATS.expectPartialRevert(IEpochReports.InvalidCertificate.selector);
        reports.post(header, claimed, nonSigners, signature);
    }

    function _count(uint256 mask) private pure returns (uint256 count) {
        for (; mask != 0; mask &= mask - 1) ++count;
    }

    function _secrets(uint256 mask) private view returns (uint256 sum) {
        for (uint256 i = 0; i < network.VERIFIERS(); i++) {
            if (mask & (1 << i) != 0) sum += i + 1;
        }
    }
}
