// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IEpochReports} from "./IEpochReports.sol";

/// @notice Pays verifiers and providers out of a pot that anyone may fill. The amounts are those of a final report.
interface IRewardsDistributor {
    // ------------------------------------------------------------------ events

    /// @notice Emitted when somebody puts tokens into the pot.
    /// @param from The account that paid
    /// @param amount The tokens, in wei
    event Funded(address indexed from, uint256 amount);

    /// @notice Emitted when an account is paid.
    /// @param account The account that earned the tokens and received them
    /// @param epoch The epoch of the report that shows the amount
    /// @param amount The tokens that were paid, in wei
    /// @param cumulative All that the account has been paid so far, in wei
    event Claimed(address indexed account, uint64 indexed epoch, uint256 amount, uint256 cumulative);

    // ------------------------------------------------------------------ errors

    /// @notice Thrown by `fund` for an amount of zero.
    error NothingToFund();

    /// @notice Thrown by `fund` if the token delivered another amount, for instance because it takes a fee.
    /// @param amount The amount that should have arrived, in wei
    /// @param received The amount that did, in wei
    error WrongAmountReceived(uint256 amount, uint256 received);

    /// @notice Thrown by `claim` if the settlement delay has not passed. Claim by an older report, or wait.
    /// @param epoch The epoch of the report
    /// @param finalAt The end of the settlement delay, in unix seconds
    error NotFinal(uint64 epoch, uint64 finalAt);

    /// @notice Thrown by `claim` if the proof does not lead from the account and the amount to the rewards root.
    /// @param epoch The epoch of the report
    /// @param account The account
    /// @param cumulative The amount that the caller named, in wei
    error NotInReport(uint64 epoch, address account, uint256 cumulative);

    /// @notice Thrown by `claim` if the account has been paid as much or more. Claim by a newer report.
    /// @param account The account
    /// @param claimed All that the account has been paid so far, in wei
    /// @param cumulative The amount that the report shows, in wei
    error NothingToClaim(address account, uint256 claimed, uint256 cumulative);

    /// @notice Thrown by `claim` if the pot holds less than the account is due. Fund the pot, then claim again.
    /// @param left The tokens in the pot, in wei
    /// @param due The tokens that the account is due, in wei
    error PotTooSmall(uint256 left, uint256 due);

    // ------------------------------------------------------------------ the pot

    /// @notice Puts tokens into the pot. Anyone may call, and nobody can take them out except by `claim`.
    /// @dev The caller must have approved the amount. Reverts with `NothingToFund` or `WrongAmountReceived`.
    /// @param amount The tokens, in wei
    function fund(uint256 amount) external;

    /// @notice All tokens that were ever put into the pot. Nodes read the sum at B(e) and divide it up.
    /// @return The sum in wei; it never falls
    function funded() external view returns (uint256);

    // ------------------------------------------------------------------ claims

    /// @notice Pays an account what it has earned up to a report and has not been paid yet. Anyone may call for anyone:
    ///         the tokens go to the account.
    /// @dev Reverts with `NotPosted` or `NotTheReport` of `EpochReports`, or with `NotFinal`, `NotInReport`, `NothingToClaim` or `PotTooSmall`.
    /// @param header The header of an accepted report whose settlement delay has passed
    /// @param account The account
    /// @param cumulative All that the account has earned by this report since the network began, in wei
    /// @param proof The sibling hashes from the account's leaf up to the header's rewards root
    /// @return amount The tokens that were paid, in wei
    function claim(
        IEpochReports.Header calldata header,
        address account,
        uint256 cumulative,
        bytes32[] calldata proof
    ) external returns (uint256 amount);

    /// @notice All that an account has been paid so far.
    /// @param account The account
    /// @return The sum in wei; it never falls
    function claimed(address account) external view returns (uint256);
}
