// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice What an escrow asks of the contract that knows prices. Prices are wei for 2^30 bytes.
interface IPrice {
    /// @notice The price at which an account carries traffic now. Reverts if the account offers nothing.
    /// @param payee The account that is paid
    /// @param isPremium Whether the price is that of the class with priority
    /// @return price The price
    function quote(address payee, bool isPremium) external view returns (uint96 price);

    /// @notice Told by an escrow what it paid, for prices that follow demand. Anyone can call it, so a price must not
    ///         believe an escrow that it does not know.
    /// @param payee The account that was paid
    /// @param amount The tokens, in wei
    function settled(address payee, uint256 amount) external;
}
