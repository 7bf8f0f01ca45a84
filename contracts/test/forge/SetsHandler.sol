// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IVerifierRegistry} from "../../src/interfaces/IVerifierRegistry.sol";
import {check} from "./Cheats.sol";
import {Eras} from "./Eras.sol";

/// @notice What verifiers do over the eras, in any order, with a second account of who may be in which set.
contract SetsHandler {
    uint256 private constant MAX_REGISTERED = 60;
    uint64 private constant IDLE_ERAS = 3;

    Eras public immutable eras;
    mapping(uint32 index => bool) private _gone; // asked to leave, or expelled

    constructor(Eras eras_) {
        eras = eras_;
    }

    // ------------------------------------------------------------------ verifiers

    function join(uint256 extra) external {
        if (eras.registered() < MAX_REGISTERED) eras.join(eras.BOND() + (extra % 8));
    }

    function exit(uint256 pick) external {
        uint32 index = _pick(pick);
        if (pick % 3 != 0 || _gone[index] || !eras.registry().isVerifier(eras.accountOf(index))) return;
        _gone[index] = true;
        eras.exit(index);
    }

    function expel(uint256 pick) external {
        if (pick % 4 != 0) return;
        uint32 index = _pick(pick);
        _gone[index] = true;
        eras.expel(index);
    }

    function slashAll(uint256 pick) external {
        eras.slashAll(_pick(pick));
    }

    // ------------------------------------------------------------------ eras

    /// @notice An era with a certificate that lacks fewer than a third of the set: of eight eras the same third.
    function certify() external {
        uint64 era = eras.era();
        uint32[] memory set = eras.indices(era);
        if (set.length < eras.MINIMUM_VERIFIERS()) return halt(0);
        uint32[] memory missing = new uint32[]((set.length - 1) / 3);
        uint256 count;
        for (uint256 i = 0; i < set.length && count < missing.length; i++) {
            if (set[i] % 3 == (era / 8) % 3) missing[count++] = set[i];
        }
        eras.certify(missing);
        _next();
    }

    /// @notice An era without a certificate.
    function halt(uint256 seed) public {
        if (seed % 4 != 0) return;
        eras.halt();
        _next();
    }

    function _next() private {
        uint64 era = eras.era();
        uint32[] memory before = eras.indices(era);
        eras.next();
        uint32[] memory set = eras.indices(era + 1);
        uint256 newcomers;
        for (uint256 i = 0; i < set.length; i++) {
            check(!_gone[set[i]], "who left or was expelled is in no later set");
            if (!eras.memberIn(era, set[i])) ++newcomers;
        }
        check(newcomers <= 1 || newcomers * 4 <= set.length, "at most a quarter is new");
        for (uint256 i = 0; i < before.length; i++) {
            if (_gone[before[i]]) continue;
            if (!eras.memberIn(era + 1, before[i])) {
                check(_isIdle(before[i], era), "nobody else is left out");
                check(set.length >= eras.MINIMUM_VERIFIERS(), "idleness takes no set below the minimum");
            } else if (_isIdle(before[i], era)) {
                check(set.length <= eras.MINIMUM_VERIFIERS(), "idle ones stay only to keep the minimum");
            }
        }
    }

    /// @dev In a certificate of none of the last eras, although it was a member and there were certificates.
    function _isIdle(uint32 index, uint64 era) private view returns (bool) {
        if (era < IDLE_ERAS) return false;
        for (uint64 past = era; past > era - IDLE_ERAS; past--) {
            if (!eras.certifiedIn(past) || !eras.memberIn(past, index) || eras.seenIn(past, index)) return false;
        }
        return true;
    }

    // ------------------------------------------------------------------ recounts

    /// @notice The number of verifiers that have a place and do not leave.
    function staying() external view returns (uint256 count) {
        for (uint32 index = 1; index <= eras.registered(); index++) {
            address account = eras.accountOf(index);
            if (!eras.registry().isVerifier(account)) continue;
            IVerifierRegistry.Verifier memory verifier = eras.registry().verifierOf(account);
            if (verifier.exitingSince == 0) ++count;
        }
    }

    function _pick(uint256 pick) private view returns (uint32) {
        return uint32(1 + (pick % eras.registered()));
    }
}
