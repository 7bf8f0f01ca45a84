// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IEpochReports} from "../../src/interfaces/IEpochReports.sol";
import {Bls12381} from "../../src/libraries/Bls12381.sol";
import {Digests} from "../../src/libraries/Digests.sol";
import {KeySnapshot} from "../../src/libraries/KeySnapshot.sol";
import {CHEATS, check} from "./Cheats.sol";
import {Network} from "./Network.sol";
import {Signer} from "./Signer.sol";

/// @notice A network of many eras. An era passes with one certificate or none, and with a freeze if one is due.
contract Eras is Network {
    uint64 public era = 1;
    /// @notice The verifiers that have registered; the registry gives them the indices 1 to this number.
    uint32 public registered;

    mapping(uint64 era => mapping(uint32 index => bool)) public memberIn;
    mapping(uint64 era => mapping(uint32 index => bool)) public seenIn;
    mapping(uint64 era => bool) public certifiedIn;

    uint256 private immutable _size;

    constructor(uint256 size) {
        _size = size;
    }

    function _genesisSize() internal pure override returns (uint256) {
        return 191;
    }

    /// @notice Registers `size` genesis verifiers and starts the clock.
    function begin() external {
        for (uint256 i = 0; i < _size; i++) join(BOND);
        registry.start();
        genesis = registry.genesis();
        _record();
    }

    function join(uint256 bond) public returns (uint32 index) {
        index = ++registered;
        addVerifier(index - 1, bond);
    }

    function exit(uint32 index) external {
        CHEATS.prank(accountOf(index));
        registry.exit();
    }

    function expel(uint32 index) external {
        CHEATS.prank(address(equivocation));
        registry.expel(index);
    }

    /// @notice Burns all that an account has bonded.
    function slashAll(uint32 index) external {
        CHEATS.prank(address(equivocation));
        vault.slash(address(registry), accountOf(index), type(uint96).max, 0, address(0));
    }

    function accountOf(uint32 index) public pure returns (address) {
        return verifier(index - 1);
    }

    /// @notice The indices of the set in force in an era, by position.
    function indices(uint64 of_) public view returns (uint32[] memory list) {
        list = new uint32[](registry.setSize(of_));
        for (uint256 i = 0; i < list.length; i++) (list[i], , , ) = registry.memberAt(of_, i);
    }

    /// @notice Moves to the last epoch of the era, with a report that everybody signs but those of these indices.
    function certify(uint32[] memory missing) public {
        IEpochReports.Header memory header = _lastEpoch();
        uint32[] memory set = indices(era);
        uint256 secrets;
        uint32[] memory nonSigners = new uint32[](set.length);
        uint256 count;
        for (uint32 i = 0; i < set.length; i++) {
            if (_has(missing, set[i])) {
                nonSigners[count++] = i;
                continue;
            }
            secrets += set[i];
            seenIn[era][set[i]] = true;
        }
        assembly ("memory-safe") {
            mstore(nonSigners, count)
        }
        certifiedIn[era] = true;
        bytes32 digest = this.digestOf(header);
        reports.post(header, 0, nonSigners, Signer.sign(secrets, digest));
    }

    /// @notice Moves to the last epoch of the era without a report.
    function halt() external {
        _lastEpoch();
    }

    /// @notice Freezes the next era if that changes anything, and enters it. The last epoch must run.
    function next() external returns (bool changed) {
        changed = registry.freezeDue(era + 1);
        if (changed) registry.freeze(era + 1);
        ++era;
        CHEATS.warp(genesis + (era - 1) * ERA_EPOCHS * EPOCH_SECONDS);
        _record();
    }

    function digestOf(IEpochReports.Header calldata header) external view returns (bytes32) {
        bytes32 hash = Digests.headerHash(block.chainid, address(reports), header);
        return Digests.report(block.chainid, address(reports), header.era, header.epoch, 0, hash);
    }

    /// @notice Checks the aggregate key of the set in force against the sum of the secrets.
    function checkAggregate() external view {
        uint32[] memory set = indices(era);
        uint256 secrets;
        for (uint256 i = 0; i < set.length; i++) secrets += set[i];
        (address snapshot, ) = registry.certificateSet(era);
        (, Bls12381.G1 memory key) = KeySnapshot.sumOfAll(snapshot);
        bytes memory expected = secrets == 0 ? new bytes(128) : Signer.publicKey(secrets);
        bytes memory sum = abi.encodePacked(key.xHi, key.xLo, key.yHi, key.yLo);
        check(keccak256(sum) == keccak256(expected), "the aggregate is the sum of the keys");
    }

    /// @dev Moves to the middle of the last epoch of the era, and returns a header for the epoch before.
    function _lastEpoch() private returns (IEpochReports.Header memory) {
        CHEATS.warp(genesis + (era * ERA_EPOCHS - 2) * EPOCH_SECONDS);
        return finish(keccak256("root"));
    }

    function _record() private {
        uint32[] memory set = indices(era);
        for (uint256 i = 0; i < set.length; i++) memberIn[era][set[i]] = true;
    }

    function _has(uint32[] memory list, uint32 wanted) private pure returns (bool) {
        for (uint256 i = 0; i < list.length; i++) if (list[i] == wanted) return true;
        return false;
    }
}
