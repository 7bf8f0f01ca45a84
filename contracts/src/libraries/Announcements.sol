// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice The rule for the texts that a node announces: few, short, and of printable ASCII without spaces. Every reader
///         decodes such texts, and one announcement costs a reader at most 3 kB. `proto/announcement.ts` is the same rule.
library Announcements {
    /// @notice The longest peer id, in bytes.
    uint256 internal constant MAX_PEER_ID_BYTES = 128;
    /// @notice The most addresses. A provider's token key counts as one.
    uint256 internal constant MAX_ADDRESSES = 8;
    /// @notice The longest address, in bytes.
    uint256 internal constant MAX_ADDRESS_BYTES = 256;

    uint256 private constant WORD_BYTES = 32;
    /// @dev A word of 32 equal bytes is this times the byte.
    uint256 private constant EACH_BYTE = type(uint256).max / 0xff;
    uint256 private constant HIGH_BITS = EACH_BYTE * 0x80;
    uint256 private constant FIRST_PRINTABLE = 0x21; // "!", the first after the space
    uint256 private constant LAST_PRINTABLE = 0x7e; // "~"

    /// @notice Thrown if more addresses are announced than readers take. Announce the ones that others can reach.
    /// @param count The number of addresses
    /// @param maximum The most addresses
    error TooManyAddresses(uint256 count, uint256 maximum);

    /// @notice Thrown if a peer id or an address is empty or too long.
    /// @param length The length, in bytes
    /// @param maximum The longest length, in bytes
    error WrongTextLength(uint256 length, uint256 maximum);

    /// @notice Thrown if a peer id or an address holds a byte outside 0x21 to 0x7e.
    /// @param text The text
    error NotPrintable(bytes text);

    /// @notice Reverts with `TooManyAddresses`, `WrongTextLength` or `NotPrintable` if a reader would refuse the texts.
    /// @param peerId The libp2p peer id
    /// @param multiaddrs The addresses
    function check(string calldata peerId, string[] calldata multiaddrs) internal pure {
        if (multiaddrs.length > MAX_ADDRESSES) revert TooManyAddresses(multiaddrs.length, MAX_ADDRESSES);
        _checkText(bytes(peerId), MAX_PEER_ID_BYTES);
        for (uint256 i = 0; i < multiaddrs.length; i++) _checkText(bytes(multiaddrs[i]), MAX_ADDRESS_BYTES);
    }

    /// @notice Reverts with `WrongTextLength` or `NotPrintable` if a reader would refuse the address.
    /// @param multiaddr The address
    function checkAddress(string calldata multiaddr) internal pure {
        _checkText(bytes(multiaddr), MAX_ADDRESS_BYTES);
    }

    function _checkText(bytes calldata text, uint256 maximum) private pure {
        uint256 length = text.length;
        if (length == 0 || length > maximum) revert WrongTextLength(length, maximum);
        uint256 faults;
        unchecked {
            uint256 last = length - 1 - ((length - 1) % WORD_BYTES);
            for (uint256 offset = 0; offset < last; offset += WORD_BYTES) {
                faults |= _unprintable(_load(text, offset));
            }
            // The caller chooses the bytes behind the text, so printable ones replace them.
            uint256 behind = type(uint256).max >> (8 * (length - last));
            faults |= _unprintable((_load(text, last) & ~behind) | ((EACH_BYTE * FIRST_PRINTABLE) & behind));
        }
        if (faults != 0) revert NotPrintable(text);
    }

    function _load(bytes calldata text, uint256 offset) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := calldataload(add(text.offset, offset))
        }
    }

    /// @dev Checks 32 bytes at once; zero if all are printable. The high bit of a byte tells that it is above 0x7f. In a
    ///      byte below 0x80, adding 0x80 - 0x21 sets the high bit from 0x21 on, and adding 0x80 - 0x7f sets it above
    ///      0x7e; neither carries.
    function _unprintable(uint256 word) private pure returns (uint256) {
        unchecked {
            uint256 notBelow = word + EACH_BYTE * (0x80 - FIRST_PRINTABLE);
            uint256 above = word + EACH_BYTE * (0x7f - LAST_PRINTABLE);
            return (word | above | ~notBelow) & HIGH_BITS;
        }
    }
}
