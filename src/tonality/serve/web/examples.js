// Texts for a first visit, each with something to see.

export const EXAMPLES = [
  ["Delight", "What a lovely surprise. I expected a quiet little film and got one of the best " +
    "evenings of my year: warm, funny, beautifully acted, and not a minute too long."],
  ["Disappointment", "Three hours of my life that I will never get back. The plot is a mess, the " +
    "jokes fall flat, and the lead looks as bored as I was. Save your money."],
  ["Both at once", "The photography is stunning and the music still haunts me. But the story is " +
    "predictable, the ending feels rushed, and nobody on screen talks like a human being. I " +
    "wanted to love it. I only admired it."],
  ["Irony", "Oh great, another sequel. Exactly what the world was waiting for. I particularly " +
    "enjoyed the part where the credits finally rolled."],
  ["Product", "The kettle boils fast and looks good, but the lid broke after two weeks and nobody " +
    "answers my emails. I sent it back."],
  ["Tweet", "Four hours at the gate, no crew and not a word from anybody. Thanks for nothing " +
    "@anyairline #neveragain"],
  ["Question", "@anyairline do you fly from Boston to Denver on Sundays, and can I bring a bike?"],
];
