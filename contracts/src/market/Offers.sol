// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IOffers} from "../interfaces/IOffers.sol";
import {IPrice} from "../interfaces/IPrice.sol";
import {Announcements} from "../libraries/Announcements.sol";

/// @notice What accounts ask for carrying traffic. It has no owner and holds no tokens.
contract Offers is IOffers {
    mapping(address account => Offer) private _offers;

    /// @inheritdoc IOffers
    function post(Offer calldata offer, string calldata exitAddress) external {
        if (offer.price == 0) revert NoPrice();
        if ((offer.laneKbps == 0) != (offer.lanePrice == 0)) revert IncompleteLanes();
        bool hasExit = offer.exitKey != 0;
        if (hasExit != (offer.exitCertHash != 0) || hasExit != (bytes(exitAddress).length > 0)) revert IncompleteExit();
        if (hasExit) Announcements.checkAddress(exitAddress);
        _offers[msg.sender] = offer;
        emit OfferPosted(msg.sender, offer, exitAddress);
    }

    /// @inheritdoc IOffers
    function withdraw() external {
        if (_offers[msg.sender].price == 0) revert NoOffer(msg.sender);
        delete _offers[msg.sender];
        emit OfferWithdrawn(msg.sender);
    }

    /// @inheritdoc IOffers
    function offerOf(address account) external view returns (Offer memory) {
        return _offers[account];
    }

    /// @inheritdoc IPrice
    function quote(address payee, bool isPremium) external view returns (uint96 price) {
        Offer storage offer = _offers[payee];
        price = isPremium ? offer.premiumPrice : offer.price;
        if (price == 0) revert NoOffer(payee);
    }

    /// @inheritdoc IPrice
    /// @dev These prices are what their accounts say, whatever the demand.
    // solhint-disable-next-line no-empty-blocks
    function settled(address payee, uint256 amount) external {}
}
