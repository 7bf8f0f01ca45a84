// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IPrice} from "./IPrice.sol";

/// @notice What accounts ask for carrying traffic. Whoever posts an offer changes it as it likes: a channel keeps the
///         price of its opening.
interface IOffers is IPrice {
    /// @notice An offer.
    struct Offer {
        /// @notice The price of traffic, in wei for 2^30 bytes
        uint96 price;
        /// @notice The price of traffic with priority, in wei for 2^30 bytes; zero if there is none
        uint96 premiumPrice;
        /// @notice The rate that lanes can reserve together, in kbit/s; zero if there are none
        uint32 laneKbps;
        /// @notice The price of a lane, in wei for each Mbit/s and slot
        uint96 lanePrice;
        /// @notice The public key of the exit that the account runs; zero if it runs none
        bytes32 exitKey;
        /// @notice The hash of the exit's certificate
        bytes32 exitCertHash;
    }

    // ------------------------------------------------------------------ events

    /// @notice Emitted when an account posts an offer, or another one in its place.
    /// @param account The account
    /// @param offer The offer
    /// @param exitAddress The network address of the exit; empty if there is none
    event OfferPosted(address indexed account, Offer offer, string exitAddress);

    /// @notice Emitted when an account takes its offer back.
    /// @param account The account
    event OfferWithdrawn(address indexed account);

    // ------------------------------------------------------------------ errors

    /// @notice Thrown by `post` for a price of zero: a channel at no price could never be paid. Use `withdraw` to end an offer.
    error NoPrice();

    /// @notice Thrown by `post` if the exit's key, its certificate and its address are not all given, or all left out.
    error IncompleteExit();

    /// @notice Thrown by `post` if lanes have a rate and no price, or a price and no rate.
    error IncompleteLanes();

    /// @notice Thrown by `quote` and `withdraw` if the account offers nothing, or nothing of this class.
    /// @param account The account
    error NoOffer(address account);

    // ------------------------------------------------------------------ offers

    /// @notice Posts the caller's offer, in the place of the one before. Channels that are open keep their price.
    /// @dev Reverts with `NoPrice`, `IncompleteExit` or `IncompleteLanes`, and as `Announcements` does for the address.
    /// @param offer The offer
    /// @param exitAddress The network address of the exit; empty if there is none
    function post(Offer calldata offer, string calldata exitAddress) external;

    /// @notice Takes the caller's offer back. Channels that are open stay, and are paid.
    /// @dev Reverts with `NoOffer`.
    function withdraw() external;

    /// @notice The offer of an account.
    /// @param account The account
    /// @return The offer; all zero if there is none
    function offerOf(address account) external view returns (Offer memory);
}
