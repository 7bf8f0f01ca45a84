// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice The few of forge's cheatcodes that the tests use.
interface ICheats {
    function warp(uint256 time) external;
    function roll(uint256 number) external;
    function setBlockhash(uint256 number, bytes32 hash) external;
    function prank(address sender) external;
    function assume(bool condition) external pure;
    function expectRevert(bytes4 error) external;
    function expectPartialRevert(bytes4 error) external;
    function computeCreateAddress(address deployer, uint256 nonce) external pure returns (address);
    function getNonce(address account) external view returns (uint64);
    function snapshotState() external returns (uint256);
    function revertToState(uint256 snapshot) external returns (bool);
}

ICheats constant CHEATS = ICheats(address(uint160(uint256(keccak256("hevm cheat code")))));

error Violated(string rule);

function check(bool holds, string memory rule) pure {
    if (!holds) revert Violated(rule);
}
