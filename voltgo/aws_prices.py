"""What a call of a paid service costs, to show what reading papers costs; to be corrected by the bill."""

AWS_PRICES_AS_OF = "2026-11"
# Millionths of a US dollar. Not verified: taken for orders of magnitude.
AWS_PRICES: dict[str, int] = {
    "textract.DetectDocumentText": 1_500,
    "rekognition.CompareFaces": 1_000,
    "rekognition.DetectFaces": 1_000,
    "rekognition.IndexFaces": 1_000,
    "rekognition.SearchFacesByImage": 1_000,
    "rekognition.GetFaceLivenessSessionResults": 15_000,
}
