// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {CHEATS, check} from "./Cheats.sol";
import {Eras} from "./Eras.sol";

/// @notice Attacks on large sets: bonds that never sign, and bonds that take places from others.
contract SetAttacksTest {
    uint32 private constant HONEST = 127;
    uint32 private constant IDLE = 64;

    /// @notice 64 idle bonds of 191 would halt all reports: 127 is not more than two thirds. They never get there, since
    ///         whoever has not signed counts as new; and they lose their places after three eras.
    function testAttack64IdleBondsOf191() external {
        Eras eras = new Eras(HONEST);
        eras.begin();
        uint32[] memory idle = new uint32[](IDLE);
        for (uint256 i = 0; i < IDLE; i++) idle[i] = eras.join(eras.BOND());
        uint256 most;
        for (uint256 i = 0; i < 9; i++) {
            eras.certify(idle); // reverts if the idle ones could stop it
            eras.next();
            uint256 size = eras.registry().setSize(eras.era());
            if (size > most) most = size;
        }
        check(most == HONEST + 42, "at most a quarter of a set never signed");
        check(eras.registry().setSize(eras.era()) == HONEST, "the idle ones are out");
        check(eras.registry().stayingCount() == HONEST, "nobody waits any more");
        (uint256 unbonding, ) = eras.vault().unbondingOf(address(eras.registry()), eras.accountOf(idle[63]));
        check(unbonding == eras.BOND(), "their bonds unbond");
        eras.checkAggregate();
    }

    /// @notice Idle bonds wait for an era without a certificate, in which nobody can tell them from others. One of them
    ///         enters at each freeze of the halt, not a quarter.
    function testAttackIdleBondsUseAHalt() external {
        Eras eras = new Eras(12);
        eras.begin();
        uint32[] memory idle = new uint32[](10);
        for (uint256 i = 0; i < idle.length; i++) idle[i] = eras.join(eras.BOND());
        eras.certify(idle);
        eras.next();
        check(eras.registry().setSize(2) == 16, "a quarter enters");
        eras.halt();
        eras.next();
        check(eras.registry().setSize(3) == 17, "one enters in a halt");
        eras.certify(idle); // 12 of 17 still certify
        check(!eras.next(), "and none after it");
    }

    /// @notice A third of a small set stops signing for good. Newcomers bring the quorum back.
    function testAttackAHaltOfASmallSetEnds() external {
        Eras eras = new Eras(7);
        eras.begin();
        uint32[] memory stopped = new uint32[](3);
        (stopped[0], stopped[1], stopped[2]) = (1, 4, 7);
        for (uint256 i = 0; i < 5; i++) eras.join(eras.BOND());
        while (eras.registry().setSize(eras.era()) < 10) {
            eras.halt();
            eras.next();
        }
        check(eras.era() == 3, "two freezes are enough");
        for (uint256 i = 0; i < 3; i++) {
            eras.certify(stopped); // 7 of 10
            eras.next();
        }
        check(!eras.memberIn(6, 1) && !eras.memberIn(6, 4) && !eras.memberIn(6, 7), "who stopped is out");
        eras.checkAggregate();
    }

    /// @notice In a full set, higher bonds take places from idle verifiers only, lowest bond first, and at most a quarter.
    function testAttackHigherBondsDisplaceNobodyWhoSigns() external {
        Eras eras = new Eras(191);
        eras.begin();
        uint32[] memory offline = new uint32[](3);
        (offline[0], offline[1], offline[2]) = (5, 100, 191);
        uint32 first = eras.join(2 * eras.BOND());
        uint32 second = eras.join(3 * eras.BOND());
        eras.join(eras.BOND()); // no higher than those of the set
        eras.halt(); // nobody is told from anybody in an era without a certificate
        check(!eras.next(), "a halt gives no places away");
        eras.certify(offline);
        check(eras.next(), "idle verifiers lose their places");
        check(eras.memberIn(3, first) && eras.memberIn(3, second), "the higher bonds enter");
        check(!eras.memberIn(3, 5) && !eras.memberIn(3, 100), "of the idle ones, as many leave");
        check(eras.memberIn(3, 191), "an equal bond displaces nobody");
        check(eras.registry().setSize(3) == 191, "the set stays full");
        for (uint32 i = 1; i < 191; i++) check(i == 5 || i == 100 || eras.memberIn(3, i), "whoever signs stays");
        eras.checkAggregate();
    }

    /// @notice 62 idle verifiers of a full set and 64 higher bonds: a quarter of the set changes, in less than 10 M gas.
    function testAttackManyBondsChangeAQuarter() external {
        Eras eras = new Eras(191);
        eras.begin();
        uint32[] memory offline = new uint32[](62);
        for (uint32 i = 0; i < 62; i++) offline[i] = 3 * i + 1;
        for (uint256 i = 0; i < 64; i++) eras.join(2 * eras.BOND());
        eras.certify(offline);
        uint256 before = gasleft();
        eras.registry().freeze(2);
        check(before - gasleft() < 10_000_000, "the freeze is within the gas limit");
        eras.next();
        uint256 fresh;
        for (uint32 i = 192; i <= 255; i++) if (eras.memberIn(2, i)) ++fresh;
        check(fresh == 47, "a quarter of 191");
        eras.checkAggregate();
    }

    /// @notice A full waiting list is no wall: 64 least bonds make room for higher ones, lowest and latest first.
    function testAttack64LeastBondsFillTheWaitingList() external {
        Eras eras = new Eras(4);
        eras.begin();
        for (uint256 i = 0; i < 64; i++) eras.join(eras.BOND());
        address last = eras.accountOf(eras.registered());
        eras.join(eras.BOND() + 1);
        check(!eras.registry().isVerifier(last), "the latest of the lowest bonds has lost its place");
        check(eras.registry().stayingCount() == 68, "64 wait");
        eras.certify(new uint32[](0));
        eras.next();
        check(eras.memberIn(2, eras.registered()), "the higher bond enters first");
        CHEATS.prank(last);
        // whatever the call reverts with, it must not pass
        // solhint-disable-next-line avoid-low-level-calls
        (bool done, ) = address(eras.registry()).call(abi.encodeCall(eras.registry().exit, ()));
        check(!done, "it is not registered");
    }
}
